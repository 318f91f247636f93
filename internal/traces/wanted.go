package traces

import (
	"fmt"
	"slices"
	"strings"
)

// endpoints are the variables that name a collector.
var endpoints = []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}

// Wanted says whether an environment ("NAME=value" each) asks for traces: it
// names an exporter or a collector, and does not switch them off. A collector's
// address with a user or password is an error, because addresses are logged.
func Wanted(environ []string) (bool, error) {
	values := map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		values[name] = strings.TrimSpace(value)
	}
	exporter := values["OTEL_TRACES_EXPORTER"]
	if strings.EqualFold(values["OTEL_SDK_DISABLED"], "true") || exporter == "none" {
		return false, nil
	}
	for _, name := range endpoints {
		if strings.Contains(values[name], "@") {
			return false, fmt.Errorf("%s: it holds a user or password; put a credential into OTEL_EXPORTER_OTLP_HEADERS", name)
		}
	}
	return exporter != "" || slices.ContainsFunc(endpoints, func(name string) bool { return values[name] != "" }), nil
}
