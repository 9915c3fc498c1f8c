package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// ownerDir makes the test binary play the owner of a lab in that folder.
const ownerDir = "REDRESS_LAB_TEST_OWNER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerDir); dir != "" {
		os.Exit(ownLab(dir))
	}
	os.Exit(m.Run())
}

// ownLab starts a lab, prints its processes and waits to be killed.
func ownLab(dir string) int {
	l, err := Start(context.Background(), Options{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// One of them frozen, as in the middle of an injection.
	if err := l.Nodes()[1].Freeze(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := json.NewEncoder(os.Stdout).Encode(pidsOf(l)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// owner starts the process that owns a lab in dir.
func owner(t *testing.T, dir string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), ownerDir+"="+dir)
	cmd.Stderr = os.Stderr
	// Held open, or it would end by itself.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, stdout
}

func TestNothingSurvivesTheOwnersDeath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, stdout := owner(t, dir)
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the owner said nothing: %v", err)
	}
	var pids map[string]int
	if err := json.Unmarshal(line, &pids); err != nil {
		t.Fatal(err)
	}
	if len(pids) != 6 {
		t.Fatalf("%d processes, want 6: %s", len(pids), line)
	}
	for name, pid := range pids {
		if !alive(t, pid) {
			t.Fatalf("%s does not live while its owner does", name)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	eventually(t, 10*time.Second, func(context.Context) error {
		for name, pid := range pids {
			if alive(t, pid) {
				return fmt.Errorf("%s (process %d) survived", name, pid)
			}
		}
		return wantEmpty(dir)
	})
	t.Logf("all gone after %s", time.Since(began))
}

// Killed at any moment of the start, too.
func TestNothingSurvivesDeathDuringStart(t *testing.T) {
	t.Parallel()
	for _, marker := range []string{"redis-1", "redis-1/redis.log", "redis-3/redis.conf", "sentinel-2", "sentinel-3/redis.log"} {
		t.Run(marker, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd, _ := owner(t, dir)
			eventually(t, startTimeout, func(context.Context) error {
				found, err := filepath.Glob(filepath.Join(dir, "redress-lab-*", marker))
				if err == nil && len(found) == 0 {
					err = errors.New("the start has not come so far")
				}
				return err
			})
			ports := listening(dir)
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			eventually(t, 10*time.Second, func(context.Context) error {
				for _, port := range ports {
					if conn, err := net.Dial("tcp", port); err == nil {
						return errors.Join(fmt.Errorf("%s is still served", port), conn.Close())
					}
				}
				return wantEmpty(dir)
			})
		})
	}
}

// listening reads from the configurations which addresses the lab in dir uses.
func listening(dir string) []string {
	var addrs []string
	files, _ := filepath.Glob(filepath.Join(dir, "redress-lab-*", "*", configFile))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		var port int
		if _, err := fmt.Sscanf(string(text), "port %d", &port); err == nil {
			addrs = append(addrs, fmt.Sprintf("127.0.0.1:%d", port))
		}
	}
	return addrs
}

func wantEmpty(dir string) error {
	left, err := os.ReadDir(dir)
	if err == nil && len(left) != 0 {
		err = fmt.Errorf("left behind: %v", left)
	}
	return err
}

// The watchdog kills the processes of its own lab and no others, even those that
// have the lab's folder among their arguments.
func TestWatchdogSparesStrangers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "lab with a space")
	if err := os.MkdirAll(filepath.Join(dir, "redis-1"), 0o700); err != nil {
		t.Fatal(err)
	}
	watched := filepath.Join(dir, "redis-1", logFile)
	if err := os.WriteFile(watched, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stranger := exec.Command("tail", "-f", watched)
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = stranger.Process.Kill()
		_ = stranger.Wait()
	}()
	link := filepath.Join(dir, "redis-1", programRef)
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(sleep, link); err != nil {
		t.Fatal(err)
	}
	ours := exec.Command(link, "600")
	if err := ours.Start(); err != nil {
		t.Fatal(err)
	}
	died := make(chan error, 1)
	go func() { died <- ours.Wait() }()

	dog, err := startWatchdog(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := dog.dismiss(false); err != nil {
		t.Fatal(err)
	}
	select {
	case <-died:
	case <-time.After(5 * time.Second):
		_ = ours.Process.Kill()
		t.Error("a process of the lab survived")
	}
	if !alive(t, stranger.Process.Pid) {
		t.Error("a stranger was killed")
	}
	if isDir(dir) {
		t.Error("the folder survived")
	}
}
