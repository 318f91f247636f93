package traces_test

import (
	"fmt"

	"github.com/geowarden/geowarden/internal/traces"
)

// Without a variable that asks for traces nothing is wrapped, and nothing costs.
func ExampleWanted() {
	for _, environ := range [][]string{
		{"OTEL_SERVICE_NAME=geo"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318"},
	} {
		wanted, err := traces.Wanted(environ)
		fmt.Println(wanted, err)
	}
	// Output:
	// false <nil>
	// true <nil>
}
