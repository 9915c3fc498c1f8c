package config

import (
	"fmt"
	"strings"
)

// overlaps remembers what the targets claim for themselves, by a text that says what:
// an address, a master at a Sentinel, a set of matchers.
type overlaps struct {
	claims   map[string]item
	reported map[[2]string]bool // pairs of targets; one problem of a kind each is enough
}

func newOverlaps() *overlaps {
	return &overlaps{claims: make(map[string]item), reported: make(map[[2]string]bool)}
}

// claim reports that another target claims the same. What says it in a message: "the
// same server".
func (o *overlaps) claim(d *decoder, what, which string, it item) {
	key := what + " " + which
	first, ok := o.claims[key]
	if !ok {
		o.claims[key] = it
		return
	}
	mine, _, _ := strings.Cut(it.path, ".")
	other, _, _ := strings.Cut(first.path, ".")
	pair := [2]string{other + what, mine + what}
	if mine == other || o.reported[pair] {
		return
	}
	o.reported[pair] = true
	d.fail(it.node, CodeOverlappingTarget, fmt.Sprintf("%s is %s as %s at %s", it.path, what, first.path, d.place(first.node).position),
		"one Redis is one target: remove one of them")
}
