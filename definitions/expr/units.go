package expr

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// ParseBytes reads a size: a number, which may have a fraction, and a unit.
//
// Units mean what their standard says, not what Redis makes of them: k, M, G, T and P,
// with or without a B, are powers of 1000; Ki, Mi, Gi, Ti and Pi, with or without a B,
// powers of 1024 (IEC 80000-13). So Redis's "1gb" is written "1GiB". Letter case does
// not matter; no unit means bytes. A result that is not a whole number of bytes, that
// is negative or beyond 8 EiB - 1 is an error.
func ParseBytes(s string) (int64, error) {
	text := strings.TrimSpace(s)
	end := strings.LastIndexAny(text, "0123456789.") + 1
	number, unit := text[:end], strings.TrimSpace(text[end:])
	factor, ok := byteUnit(unit)
	if !ok {
		return 0, fmt.Errorf("%q is not a size: the unit %q is unknown, use B, KiB, MiB, GiB, TiB, PiB or kB, MB, GB, TB, PB", s, unit)
	}
	if number == "" || len(number) > 30 || strings.Trim(number, "0123456789.") != "" {
		return 0, notASize(s)
	}
	amount, ok := new(big.Rat).SetString(number)
	if !ok {
		return 0, notASize(s)
	}
	amount.Mul(amount, new(big.Rat).SetInt64(factor))
	if !amount.IsInt() {
		return 0, fmt.Errorf("%q is not a whole number of bytes", s)
	}
	if !amount.Num().IsInt64() {
		return 0, fmt.Errorf("%q is too large: a size is at most %d bytes", s, int64(math.MaxInt64))
	}
	return amount.Num().Int64(), nil
}

func notASize(s string) error {
	return fmt.Errorf("%q is not a size: write a number and a unit, as in \"1GiB\"", s)
}

// byteUnit returns how many bytes a unit has.
func byteUnit(unit string) (int64, bool) {
	unit = strings.TrimSuffix(strings.ToLower(unit), "b")
	base := int64(1000)
	if prefix, iec := strings.CutSuffix(unit, "i"); iec {
		unit, base = prefix, 1024
		if unit == "" {
			return 0, false
		}
	}
	power := strings.Index("kmgtp", unit) + 1
	switch {
	case unit == "":
		return 1, true
	case len(unit) > 1 || power == 0:
		return 0, false
	}
	factor := int64(1)
	for range power {
		factor *= base
	}
	return factor, true
}

// ParseDuration reads a duration as Prometheus writes it ("90s", "1h30m", "1d"); a
// minus sign may precede it. The smallest unit is the millisecond.
func ParseDuration(s string) (time.Duration, error) {
	d, err := model.ParseDurationAllowNegative(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration: write it as in \"90s\", \"1h30m\" or \"1d\"", s)
	}
	return time.Duration(d), nil
}

// FormatDuration writes a duration as Prometheus does ("1h30m"), cut to milliseconds.
func FormatDuration(d time.Duration) string { return model.Duration(d).String() }
