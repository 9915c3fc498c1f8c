package lab

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// watchdogScript waits for the end of its input. The word "done" means that the
// lab was closed in order. An end without it means that the process that owns
// the lab is gone, however it went: then every process whose command line begins
// with the lab's folder (argument 1) is killed and the folder removed.
//
// Nodes are found by their command line and not by noted process IDs: an ID can
// be reused by a stranger, and may not be noted yet when the owner dies.
// The folder's name is unique, and nodes are started through a link inside it.
// It looks again until nothing was found, for a process that was just being started.
const watchdogScript = `
dir=$1
read -r word
[ "$word" = done ] && exit 0

pids() {
	if [ -r /proc/self/cmdline ]; then
		for file in $(grep -lF -e "$dir/" /proc/[0-9]*/cmdline 2>/dev/null); do
			pid=${file#/proc/}
			echo "${pid%/cmdline} $(tr '\0' ' ' <"$file" 2>/dev/null)"
		done
	else
		ps -axww -o pid= -o args=
	fi | while read -r pid args; do
		case $args in "$dir/"*) echo "$pid" ;; esac
	done
}

quiet=0
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	found=$(pids)
	if [ -n "$found" ]; then
		quiet=0
		for pid in $found; do
			kill -CONT "$pid" 2>/dev/null
			kill -KILL "$pid" 2>/dev/null
		done
	else
		quiet=$((quiet + 1))
		rm -rf -- "$dir"
		[ "$quiet" -ge 3 ] && exit 0
	fi
	sleep 0.2
done
`

// watchdog is a small shell process that outlives us when we are killed. Linux's
// parent-death signal is no substitute: it follows the thread that started the
// child, and Go ends threads as it likes; macOS has none.
type watchdog struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

// startWatchdog starts the watchdog over the lab in dir.
func startWatchdog(dir string) (*watchdog, error) {
	cmd := exec.Command("/bin/sh", "-c", watchdogScript, "redress-lab-watchdog", dir)
	cmd.Dir = "/"
	// A session of its own: neither Ctrl-C, nor the end of the terminal, nor a
	// kill of our process group reaches it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("lab: open the watchdog's input: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("lab: start the watchdog: %w", err)
	}
	return &watchdog{cmd: cmd, stdin: stdin}, nil
}

// dismiss ends the watchdog and waits for its end. With cleanedUp false it does
// its work first.
func (w *watchdog) dismiss(cleanedUp bool) error {
	var problems []error
	if cleanedUp {
		if _, err := io.WriteString(w.stdin, "done\n"); err != nil {
			problems = append(problems, fmt.Errorf("lab: dismiss the watchdog: %w", err))
		}
	}
	if err := w.stdin.Close(); err != nil {
		problems = append(problems, fmt.Errorf("lab: close the watchdog's input: %w", err))
	}
	if err := w.cmd.Wait(); err != nil {
		problems = append(problems, fmt.Errorf("lab: wait for the watchdog: %w", err))
	}
	return errors.Join(problems...)
}
