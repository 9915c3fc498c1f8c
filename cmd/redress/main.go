// Command redress heals Redis when an alert fires, and proves that it did.
//
// There is one file per verb. Verbs only turn flags into the options of the packages
// that do the work; they may import everything, and nothing imports them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/matcher/compat"
)

// The exit codes of all verbs.
const (
	exitGood    = 0
	exitProblem = 1 // problems found, or the run did not end well
	exitUsage   = 2 // the command line is wrong
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program; it returns the exit code.
func run(args []string, out, errs io.Writer) int {
	// Alertmanager's packages have one switch for the whole process, to be set before
	// their first use: without it they read matchers as they did before 0.27.
	compat.InitFromFlags(slog.New(slog.DiscardHandler), featurecontrol.NoopFlags{})

	// The first signal stops in order. From then on signals have their usual effect, so
	// that a second one ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	return report(errs, root.ExecuteContext(ctx))
}

// errQuiet ends with exitProblem when everything has been said already.
var errQuiet = errors.New("problems were found")

// usageError is a command line that cannot be understood.
type usageError struct {
	problem string
	cure    string // one line
}

func (e usageError) Error() string { return e.problem }

// report tells the error, if any, and returns the exit code that it stands for.
func report(w io.Writer, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitGood
	case errors.As(err, &usage):
		fmt.Fprintf(w, "redress: %s\n%s\n", usage.problem, usage.cure)
		return exitUsage
	case errors.Is(err, errQuiet):
		return exitProblem
	default:
		fmt.Fprintf(w, "redress: %v\n", err)
		return exitProblem
	}
}
