//go:build !lean

package embedded

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// endpoint is a resolved address to listen on.
type endpoint struct{ netip.AddrPort }

// dial is the address under which this machine reaches the endpoint.
func (e endpoint) dial() string {
	ip := e.Addr()
	switch {
	case ip.IsUnspecified() && ip.Is4():
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case ip.IsUnspecified():
		ip = netip.IPv6Loopback()
	}
	return net.JoinHostPort(ip.String(), strconv.Itoa(int(e.Port())))
}

func (e endpoint) loopback() bool { return e.Addr().IsLoopback() }

// ports holds the addresses of all services. They are kept bound until the
// server takes them over: Temporal's server and UI end the process when a port
// is taken, so that has to be found out before, and in our words.
type ports struct {
	frontend, history, matching, worker, ui endpoint

	held   []net.Listener // of the services
	heldUI net.Listener
}

func reservePorts(frontend, ui string) (_ *ports, err error) {
	p := &ports{}
	defer func() {
		if err != nil {
			p.release()
			p.releaseUI()
		}
	}()
	bind := func(e *endpoint, address, who, flag string) (l net.Listener) {
		if err == nil {
			*e, l, err = listen(address, who, flag)
		}
		return l
	}
	p.held = append(p.held, bind(&p.frontend, frontend, "the embedded Temporal server", "--temporal.address"))
	if ui != NoUI {
		p.heldUI = bind(&p.ui, ui, "the Temporal Web UI", "--temporal.ui-address")
	}
	for _, internal := range []*endpoint{&p.history, &p.matching, &p.worker} {
		p.held = append(p.held, bind(internal, "127.0.0.1:0", "a part of the embedded Temporal server", "--temporal.address"))
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// listen binds an address; who and flag are for the error.
func listen(address, who, flag string) (endpoint, net.Listener, error) {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return endpoint{}, nil, fmt.Errorf("the address %q of %s is not host:port (see %s): %w", address, who, flag, err)
	}
	if resolved.IP == nil { // ":7233" means every interface, as in net.Listen
		resolved.IP = net.IPv4zero
	}
	l, err := net.ListenTCP("tcp", resolved)
	if errors.Is(err, syscall.EADDRINUSE) {
		return endpoint{}, nil, fmt.Errorf("the address %s of %s is taken: stop the process that listens there, or choose another address with %s", address, who, flag)
	}
	if err != nil {
		return endpoint{}, nil, fmt.Errorf("listen on the address %s of %s (choose another with %s): %w", address, who, flag, err)
	}
	bound := l.Addr().(*net.TCPAddr).AddrPort()
	return endpoint{netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())}, l, nil
}

// release frees the ports of the services, for them to take. It may be called twice.
func (p *ports) release() {
	for _, l := range p.held {
		if l != nil {
			_ = l.Close() // nothing was ever accepted on it
		}
	}
	p.held = nil
}

// releaseUI does the same for the port of the Web UI, which starts later.
func (p *ports) releaseUI() {
	if p.heldUI != nil {
		_ = p.heldUI.Close()
	}
	p.heldUI = nil
}
