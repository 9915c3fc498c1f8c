//go:build !lean

package demo

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// gone waits until no process of the demo in dir is left, and no file.
func gone(t *testing.T, dir string) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for {
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		alive := processes(t, dir)
		if len(left) == 0 && len(alive) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: files %v, processes\n%s", left, strings.Join(alive, "\n"))
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// processes lists those that name the folder in their command line: every server of the
// lab and its watchdog do.
func processes(t *testing.T, dir string) []string {
	t.Helper()
	out, err := exec.Command("ps", "-axww", "-o", "pid=,args=").Output()
	if err != nil {
		t.Fatalf("list processes (install procps): %v", err)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, dir+"/") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// until reads until a line has the word in it.
func until(r io.Reader, word string, within time.Duration) (read string, err error) {
	found := make(chan error, 1)
	var mu sync.Mutex
	var all strings.Builder
	go func() {
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			mu.Lock()
			all.WriteString(lines.Text() + "\n")
			mu.Unlock()
			if strings.Contains(lines.Text(), word) {
				found <- nil
				_, _ = io.Copy(io.Discard, r) // or it would block when the pipe is full
				return
			}
		}
		found <- fmt.Errorf("it ended before %q: %w", word, io.ErrUnexpectedEOF)
	}()
	select {
	case err = <-found:
	case <-time.After(within):
		err = fmt.Errorf("no %q within %s", word, within)
	}
	mu.Lock()
	defer mu.Unlock()
	return all.String(), err
}

// trigger is a buffer that pulls when the word is written.
type trigger struct {
	word string
	pull func()

	mu sync.Mutex
	b  bytes.Buffer
}

func (w *trigger) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if bytes.Contains(p, []byte(w.word)) {
		w.pull()
	}
	return w.b.Write(p)
}

func (w *trigger) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}
