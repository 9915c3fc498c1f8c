// Command testlog reads the events of `go test -json` on standard input, tells how the
// packages fared and prints what failed. It ends with 1 when anything failed, when a test
// was skipped, or when nothing was tested: `make test` means that everything ran.
//
// It imports nothing of Redress.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

func main() { os.Exit(run(os.Stdin, os.Stdout)) }

func run(in io.Reader, out io.Writer) int {
	s := summary{out: out, output: map[string]*strings.Builder{}, running: map[string]bool{}}
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, 16<<20) // one line of output each, and some are long
	for scanner.Scan() {
		var e event
		if err := json.Unmarshal(scanner.Bytes(), &e); err != nil {
			fmt.Fprintln(out, scanner.Text()) // go itself complains in plain text
			continue
		}
		s.take(e)
	}
	if err := errors.Join(scanner.Err(), s.verdict()); err != nil {
		fmt.Fprintf(out, "FAIL: %v\n", err)
		return 1
	}
	return 0
}

// event is one line of `go test -json`, as `go doc test2json` and `go help buildjson`
// describe it.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of builds
	Test        string // empty: about the package
	Output      string
	Elapsed     float64 // seconds
	FailedBuild string
}

// summary is what is known so far.
type summary struct {
	out     io.Writer
	output  map[string]*strings.Builder // by package and test, until it passed
	running map[string]bool             // packages
	passed  int                         // packages
	tests   int
	failed  []string
	skipped []string
}

// take counts an event and prints what people want to see at once.
func (s *summary) take(e event) {
	key := e.Package + " " + e.Test
	if e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") {
		delete(s.running, e.Package)
	}
	switch e.Action {
	case "start":
		s.running[e.Package] = true
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "build-fail":
		s.failed = append(s.failed, e.ImportPath+" (build)")
	case "output":
		if s.output[key] == nil {
			s.output[key] = &strings.Builder{}
		}
		s.output[key].WriteString(e.Output)
	case "pass":
		delete(s.output, key)
		if e.Test != "" {
			s.tests++
			return
		}
		s.passed++
		fmt.Fprintf(s.out, "ok    %-40s %7.1fs\n", e.Package, e.Elapsed)
	case "skip":
		if e.Test != "" {
			s.skipped = append(s.skipped, strings.TrimSpace(key))
		}
		delete(s.output, key) // a package without tests
	case "fail":
		s.fail(e, key)
	}
}

func (s *summary) fail(e event, key string) {
	if e.Test != "" {
		s.failed = append(s.failed, key)
		s.print(key)
		return
	}
	if e.FailedBuild == "" {
		// What belongs to no test that ended: a panic, a timeout, and the test in it.
		for _, k := range slices.Sorted(maps.Keys(s.output)) {
			if strings.HasPrefix(k, e.Package+" ") {
				s.print(k)
			}
		}
	}
	fmt.Fprintf(s.out, "FAIL  %-40s %7.1fs\n", e.Package, e.Elapsed)
	s.failed = append(s.failed, e.Package)
}

func (s *summary) print(key string) {
	if b := s.output[key]; b != nil {
		fmt.Fprint(s.out, b.String())
		delete(s.output, key)
	}
}

// verdict says what is wrong with the whole.
func (s *summary) verdict() error {
	var errs []error
	if len(s.failed) > 0 {
		errs = append(errs, fmt.Errorf("%d failed:\n  %s", len(s.failed), strings.Join(s.failed, "\n  ")))
	}
	if len(s.skipped) > 0 {
		errs = append(errs, fmt.Errorf("%d skipped, and none may be:\n  %s", len(s.skipped), strings.Join(s.skipped, "\n  ")))
	}
	if len(s.running) > 0 { // go test was killed
		errs = append(errs, fmt.Errorf("these did not end:\n  %s", strings.Join(slices.Sorted(maps.Keys(s.running)), "\n  ")))
	}
	if s.tests == 0 && len(errs) == 0 {
		errs = append(errs, errors.New("nothing was tested"))
	}
	if len(errs) == 0 {
		fmt.Fprintf(s.out, "All %d tests of %d packages passed, none was skipped.\n", s.tests, s.passed)
	}
	return errors.Join(errs...)
}
