package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"redress/definitions"
)

// The groups of verbs in the help.
const (
	groupServers = "servers"
	groupAuthor  = "author"
	groupOperate = "operate"
)

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "redress",
		Short: "Heal Redis when an alert fires, and prove it",
		Long: `Redress takes Alertmanager's notifications, runs the runbook that answers them as a
durable Temporal workflow against Redis and Sentinel, verifies the result and reports
back. When it is not safe to act, it says why and lets the page go out.

Exit codes: 0 good, 1 problems found or the run did not end well, 2 wrong usage.`,
		Example:       "  redress check-config --config.file=redress.yaml\n  redress serve\n  redress runs",
		Args:          cobra.ArbitraryArgs, // RunE says more about a wrong one
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          noVerb,
	}
	root.SetFlagErrorFunc(wrongFlag)
	root.AddGroup(
		&cobra.Group{ID: groupServers, Title: "Running:"},
		&cobra.Group{ID: groupAuthor, Title: "Writing and checking, without any server:"},
		&cobra.Group{ID: groupOperate, Title: "Looking, through the API of serve or standalone:"},
	)
	root.AddCommand(embeddedVerbs()...)
	root.AddCommand(
		serveVerb(), workerVerb(),
		lintVerb(), checkConfigVerb(), actionsVerb(),
		runsVerb(), showVerb(),
		versionVerb(),
	)
	return root
}

// noVerb answers a command line without a verb that we know.
func noVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		cmd.SetOut(cmd.ErrOrStderr())
		if err := cmd.Help(); err != nil {
			return err
		}
		return usageError{"no verb is given", "redress VERB --help explains each"}
	}
	if slices.Contains(laterVerbs(), args[0]) {
		return usageError{fmt.Sprintf("%s is not supported yet by this version", args[0]), "redress --help lists the verbs that there are"}
	}
	var verbs []string
	for _, c := range cmd.Commands() {
		verbs = append(verbs, c.Name())
	}
	return usageError{fmt.Sprintf("there is no verb %q", args[0]), suggest(args[0], verbs, "redress --help")}
}

// wrongFlag answers a flag that cannot be understood.
func wrongFlag(cmd *cobra.Command, err error) error {
	if args := cmd.Flags().Args(); !cmd.HasParent() && len(args) > 0 {
		return noVerb(cmd, args) // the flag is of a verb that there is not
	}
	help := cmd.CommandPath() + " --help"
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok && wrong.GetFlag().Value.Type() == "int" { // pflag names strconv
			return usageError{fmt.Sprintf("--%s is %q", wrong.GetFlag().Name, wrong.GetValue()), fmt.Sprintf("it is a number: --%s=%s", wrong.GetFlag().Name, wrong.GetFlag().DefValue)}
		}
		return usageError{err.Error(), help + " explains the flags"}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	name := "--" + unknown.GetSpecifiedName()
	if short := unknown.GetSpecifiedShortnames(); short != "" {
		name = "-" + unknown.GetSpecifiedName()
	}
	return usageError{fmt.Sprintf("%s has no flag %s", cmd.Name(), name), suggest(name, names, help)}
}

// suggest is the cure for a misspelt word.
func suggest(word string, known []string, help string) string {
	lists := help + " lists all"
	if s := definitions.DidYouMean(word, known); s != "" {
		return s + " " + lists
	}
	for _, k := range known { // --config for --config.file
		if part := strings.TrimLeft(word, "-"); len(part) > 2 && strings.Contains(k, part) {
			return fmt.Sprintf("did you mean %q? %s", k, lists)
		}
	}
	return lists
}

// noArguments is for verbs that take flags alone.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usageError{
		fmt.Sprintf("%s takes no arguments, and got %q", cmd.Name(), args[0]),
		cmd.CommandPath() + " --help explains the flags",
	}
}

// choice is a flag that is one of a few words.
type choice struct {
	value *string
	of    []string
}

var _ pflag.Value = choice{}

func (c choice) String() string {
	if c.value == nil { // pflag asks the zero value
		return ""
	}
	return *c.value
}

func (c choice) Type() string { return strings.Join(c.of, "|") }

func (c choice) Set(s string) error {
	for _, word := range c.of {
		if s == word {
			*c.value = s
			return nil
		}
	}
	return fmt.Errorf("it is one of %s", strings.Join(c.of, ", "))
}

// outputFlag adds -o; the first form is the default.
func outputFlag(fs *pflag.FlagSet, value *string, forms ...string) {
	*value = forms[0]
	fs.VarP(choice{value, forms}, "output", "o", "form of the output")
}
