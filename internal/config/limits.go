package config

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"

	"redress/definitions"
)

// limits reads the ceilings of a target.
func (d *decoder) limits(target *object) Limits {
	var l Limits
	o, ok := target.child("limits")
	if !ok {
		return l
	}
	if it, ok := o.scalar("maxmemory"); ok {
		size, err := parseSize(it.text)
		if err != nil {
			d.fail(it.node, definitions.CodeBadValue, fmt.Sprintf("%s: %v", it.path, err), "write 512MiB or 8GiB")
		}
		l.MaxMemory = size
	}
	if it, ok := o.scalar("maxclients"); ok {
		n, err := strconv.ParseInt(it.text, 10, 64)
		if err != nil || n < 1 || n > math.MaxInt32 {
			d.fail(it.node, definitions.CodeBadValue, fmt.Sprintf("%s must be a whole number from 1 to %d, not %q", it.path, math.MaxInt32, it.text), "")
		}
		l.MaxClients = n
	}
	return l
}

var sizePattern = regexp.MustCompile(`^([0-9]+) ?(B|KiB|MiB|GiB|TiB)?$`)

// parseSize reads a number of bytes, with a binary unit or none. Units such as GB or gb
// are refused: Redis takes 1gb for 2^30 and 1g for 10^9 bytes, and others otherwise.
func parseSize(text string) (int64, error) {
	m := sizePattern.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is no size with a unit of KiB, MiB, GiB or TiB", text)
	}
	shift := map[string]int{"": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}[m[2]]
	n, err := strconv.ParseInt(m[1], 10, 64)
	switch {
	case err != nil || n > math.MaxInt64>>shift:
		return 0, fmt.Errorf("%s is more bytes than can be counted", text)
	case n == 0:
		return 0, errors.New("0 would allow nothing; without the key there is no ceiling")
	}
	return n << shift, nil
}
