package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/geowarden/geowarden/internal/limits"
)

// Size is a number of bytes.
type Size int64

var sizeUnits = map[string]Size{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

// maxSize is more than any setting takes. What is beyond it is cut down to it,
// so that the setting's own bounds are told.
const maxSize = 1 << 62

// Decode reads a whole number and a unit.
func (s *Size) Decode(value string) error {
	digits := strings.TrimRight(value, "BKMGi")
	n, err := strconv.ParseUint(digits, 10, 64)
	unit, known := sizeUnits[value[len(digits):]]
	if err != nil && !errors.Is(err, strconv.ErrRange) || !known || n == 0 {
		return errors.New("it is not a size; write a number and a unit, such as 64KiB or 16MiB")
	}
	*s = maxSize
	if n < uint64(maxSize/unit) {
		*s = Size(n) * unit
	}
	return nil
}

func (s Size) String() string {
	for _, unit := range []string{"GiB", "MiB", "KiB"} {
		if s > 0 && s%sizeUnits[unit] == 0 {
			return fmt.Sprintf("%d%s", s/sizeUnits[unit], unit)
		}
	}
	return fmt.Sprintf("%dB", int64(s))
}

// Delay is a time that may be none.
type Delay time.Duration

// Decode reads a duration, or 0.
func (d *Delay) Decode(value string) error {
	t, err := time.ParseDuration(value)
	if err != nil || t < 0 || t > time.Minute {
		return errors.New("it is not a duration between 0 and 1m; write a number and a unit, such as 200ms")
	}
	*d = Delay(t)
	return nil
}

func (d Delay) String() string { return time.Duration(d).String() }

// Rate is how often something may happen; the zero value is without a limit.
type Rate struct{ limits.Rate }

var ratePeriods = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}

// maxRate is a million: more is a slip of the pen.
const maxRate = 1_000_000

// Decode reads a number and a period.
func (r *Rate) Decode(value string) error {
	count, period, _ := strings.Cut(value, "/")
	n, err := strconv.ParseUint(count, 10, 32)
	per, known := ratePeriods[period]
	if err != nil || !known || n == 0 || n > maxRate {
		return errors.New("it is not a rate; write a number of 1 to 1000000 and s, m or h, such as 600/m")
	}
	r.Rate = limits.Rate{Events: int(n), Per: per}
	return nil
}

func (r Rate) String() string {
	for name, per := range ratePeriods {
		if r.Per == per {
			return fmt.Sprintf("%d/%s", r.Events, name)
		}
	}
	return ""
}
