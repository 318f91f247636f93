package limits_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/geowarden/geowarden/internal/limits"
)

// Two events a minute, from anywhere in one network of IPv6.
func Example() {
	clock := time.Unix(0, 0)
	perAddress := limits.New(limits.Rate{Events: 2, Per: time.Minute}, func() time.Time { return clock })
	for _, from := range []string{"2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"} {
		res := perAddress.Take(limits.Address(netip.MustParseAddr(from)))
		fmt.Println(from, res.Allowed, res.Remaining, res.RetryAfter)
	}
	// Output:
	// 2001:db8::1 true 1 0s
	// 2001:db8::2 true 0 30s
	// 2001:db8::3 false 0 30s
	// 2001:db8:0:1::1 true 1 0s
}
