//go:build !lean

package embedded

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childEnv makes the test binary run a server on the storage path in it, and
// nothing else: some promises are about two processes, or about one that is killed.
const childEnv = "REDRESS_EMBEDDED_TEST_STORAGE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		os.Exit(runChild(path))
	}
	os.Exit(m.Run())
}

// runChild prints the address when it serves, and stops when its input ends.
func runChild(path string) int {
	s, err := Start(context.Background(), Options{StoragePath: path, Address: "127.0.0.1:0", UIAddress: "127.0.0.1:0"})
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println(s.Address())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := s.Close(context.Background()); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

type child struct {
	address string
	cmd     *exec.Cmd
	stdin   io.Closer
}

// startChild runs a server in a process of its own.
func startChild(t *testing.T, path string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
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
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	watchdog := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || strings.HasPrefix(line, "error:") {
		t.Fatalf("the server's process says %q, %v", line, err)
	}
	return &child{address: strings.TrimSpace(line), cmd: cmd, stdin: stdin}
}

// kill ends the process as a crash would.
func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait() // says that it was killed
}

// stop lets the process close its server.
func (c *child) stop(t *testing.T) {
	t.Helper()
	_ = c.stdin.Close()
	if err := c.cmd.Wait(); err != nil {
		t.Fatal("the server's process:", err)
	}
}
