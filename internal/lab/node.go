package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// errClosed answers a start after the lab was closed.
var errClosed = errors.New("the lab is closed")

// Node is one process of the lab: a Redis server or a Sentinel. Its methods may
// be called from several goroutines.
type Node struct {
	name     string
	dir      string
	sentinel bool

	mu     sync.Mutex
	port   int
	proc   *process // nil before the first start
	closed bool
}

// process is one life of a node.
type process struct {
	cmd  *exec.Cmd
	gone chan struct{} // closed once it ended and was waited for
}

func (p *process) running() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

// Name is "redis-1" and so on, or "sentinel-1" and so on.
func (n *Node) Name() string { return n.name }

// Addr is the node's host:port on loopback, the same for all its lives.
func (n *Node) Addr() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.portNumber()))
}

// PID is the process ID, 0 while the node is not running.
func (n *Node) PID() int {
	p := n.process()
	if !p.running() {
		return 0
	}
	return p.cmd.Process.Pid
}

// Running says whether the process exists. A frozen one does.
func (n *Node) Running() bool { return n.process().running() }

// Client connects to the node alone, with short timeouts and without retries, so
// that an error is the node's own and comes at once. The caller closes it.
func (n *Node) Client() *redis.Client { return redis.NewClient(n.clientOptions()) }

func (n *Node) clientOptions() *redis.Options {
	return &redis.Options{
		Addr:                     n.Addr(),
		Protocol:                 2,
		DisableIdentity:          true,
		MaxRetries:               -1,
		DialerRetries:            1,
		DialTimeout:              time.Second,
		ReadTimeout:              2 * time.Second,
		WriteTimeout:             2 * time.Second,
		ContextTimeoutEnabled:    true,
		PoolSize:                 2,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// Kill ends the process with SIGKILL and waits until it is gone. It is no error
// when it was gone before.
func (n *Node) Kill() error {
	p := n.process()
	if !p.running() {
		return nil
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("lab: kill %s: %w", n.name, err)
	}
	<-p.gone
	return nil
}

// Freeze stops the process with SIGSTOP: connections are still accepted by the
// kernel, but nothing is answered. It is an error when the node is not running.
func (n *Node) Freeze() error { return n.signal("freeze", syscall.SIGSTOP) }

// Thaw lets a frozen process go on, with SIGCONT. It is an error when the node is
// not running.
func (n *Node) Thaw() error { return n.signal("thaw", syscall.SIGCONT) }

func (n *Node) signal(verb string, sig syscall.Signal) error {
	p := n.process()
	if !p.running() {
		return fmt.Errorf("lab: %s %s: it is not running", verb, n.name)
	}
	if err := p.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("lab: %s %s: %w", verb, n.name, err)
	}
	return nil
}

// Start starts a killed node again, on the same port, with its configuration as
// it was last rewritten, and waits until it answers PING. The lab's servers keep
// nothing on disk, so a Redis server comes back empty.
// A killed master that is started before another one was promoted therefore
// empties its replicas: Lab.Restore waits for that.
func (n *Node) Start(ctx context.Context) error {
	if err := n.spawn(); err != nil {
		return err
	}
	return n.waitForPong(ctx)
}

// spawn starts the process.
func (n *Node) spawn() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return fmt.Errorf("lab: start %s: %w", n.name, errClosed)
	}
	if n.proc.running() {
		return fmt.Errorf("lab: start %s: it is running already", n.name)
	}
	output, err := os.Create(filepath.Join(n.dir, outputFile))
	if err != nil {
		return fmt.Errorf("lab: start %s: %w", n.name, err)
	}
	defer output.Close()

	// The link makes the command line begin with the lab's folder, by which the
	// watchdog knows the lab's processes, and survives Redis renaming itself.
	cmd := exec.Command(filepath.Join(n.dir, programRef), configFile)
	if n.sentinel {
		cmd.Args = append(cmd.Args, "--sentinel")
	}
	cmd.Dir = n.dir
	cmd.Stdout, cmd.Stderr = output, output
	// A process group of its own: Ctrl-C in the terminal is for us, and we end
	// the nodes in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("lab: start %s: %w", n.name, err)
	}
	p := &process{cmd: cmd, gone: make(chan struct{})}
	go func() {
		// How it ended does not matter: it is meant to be killed. That it ended does.
		_ = cmd.Wait()
		close(p.gone)
	}()
	n.proc = p
	return nil
}

// waitForPong returns once the process of this node, and not a stranger on the
// same port, answers.
func (n *Node) waitForPong(ctx context.Context) error {
	p := n.process()
	client := n.Client()
	defer client.Close()
	err := poll(ctx, func(ctx context.Context) error {
		if !p.running() {
			return stop(fmt.Errorf("it ended at once: %s", n.lastWords()))
		}
		if err := dialable(ctx, n.Addr()); err != nil {
			return err
		}
		if err := client.Ping(ctx).Err(); err != nil {
			return err
		}
		info, err := client.Info(ctx, "server").Result()
		if err != nil {
			return err
		}
		if !strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", p.cmd.Process.Pid)) {
			return fmt.Errorf("another process answers on %s", n.Addr())
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("lab: start %s on %s: %w", n.name, n.Addr(), err)
	}
	return nil
}

// dialable tells why nothing listens at addr, nil when something does. The Redis
// client would write each refused connection to its log.
func dialable(ctx context.Context, addr string) error {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

// close kills the process for good: the node cannot be started again.
func (n *Node) close() error {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	if n.Running() {
		// The process may end in between; Kill tells whether it is gone.
		_ = n.Thaw()
	}
	return n.Kill()
}

// log is what the node logged from offset on.
func (n *Node) log(offset int) (string, error) {
	text, err := os.ReadFile(filepath.Join(n.dir, logFile))
	if err != nil {
		return "", fmt.Errorf("lab: read the log of %s: %w", n.name, err)
	}
	return string(text[min(offset, len(text)):]), nil
}

// lastWords is the end of what the node said, for an error.
func (n *Node) lastWords() string {
	var said []string
	for _, name := range []string{outputFile, logFile} {
		text, err := os.ReadFile(filepath.Join(n.dir, name))
		if err != nil {
			continue // it ended before there was one
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		said = append(said, lines[max(0, len(lines)-4):]...)
	}
	return strings.TrimSpace(strings.Join(said, "\n"))
}

func (n *Node) process() *process {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.proc
}

func (n *Node) portNumber() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.port
}
