package traces

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// endpoints are the variables that name a collector.
var endpoints = []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}

// exact are those that the library compares with the spaces around them.
var exact = []string{"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"}

// Mistake is a variable that OpenTelemetry's library would refuse, or pass over
// with a line in the log. It never holds the value.
type Mistake struct {
	Name string
	What string // what is wrong, and what to write
}

func (m *Mistake) Error() string { return m.Name + ": " + m.What }

// Wanted says whether an environment ("NAME=value" each) asks for traces: it
// names an exporter or a collector, and does not switch them off. The error
// joins the Mistakes.
func Wanted(environ []string) (bool, error) {
	var all []error
	for _, m := range Mistakes(environ) {
		all = append(all, m)
	}
	_, wanted := read(environ)
	return wanted && len(all) == 0, errors.Join(all...)
}

// read returns the variables, and whether they ask for traces.
func read(environ []string) (values map[string]string, wanted bool) {
	values = map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if !slices.Contains(exact, name) {
			value = strings.TrimSpace(value)
		}
		values[name] = value
	}
	exporter := values["OTEL_TRACES_EXPORTER"]
	if strings.EqualFold(values["OTEL_SDK_DISABLED"], "true") || exporter == "none" {
		return values, false
	}
	return values, exporter != "" || slices.ContainsFunc(endpoints, func(name string) bool { return values[name] != "" })
}

// Mistakes returns one for each variable that counts and cannot be used: none
// where traces are not asked for.
func Mistakes(environ []string) (all []*Mistake) {
	values, wanted := read(environ)
	check := func(name string, wrong func(string) string) {
		if value := values[name]; value != "" {
			if what := wrong(value); what != "" {
				all = append(all, &Mistake{Name: name, What: what})
			}
		}
	}
	if !wanted {
		return nil
	}
	check("OTEL_TRACES_EXPORTER", wrongExporter)
	if values["OTEL_TRACES_EXPORTER"] != "console" {
		protocol := "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
		if values[protocol] == "" {
			protocol = "OTEL_EXPORTER_OTLP_PROTOCOL"
		}
		check(protocol, wrongProtocol)
	}
	for _, name := range endpoints {
		check(name, wrongEndpoint)
	}
	check("OTEL_TRACES_SAMPLER", wrongSampler)
	if sampler := strings.ToLower(values["OTEL_TRACES_SAMPLER"]); sampler == "" || strings.HasSuffix(sampler, "traceidratio") {
		check("OTEL_TRACES_SAMPLER_ARG", wrongRatio)
	}
	check("OTEL_RESOURCE_ATTRIBUTES", wrongAttributes)
	return all
}

func wrongExporter(value string) string {
	if slices.Contains([]string{"otlp", "console"}, value) {
		return ""
	}
	return "it is none of otlp, console and none; write otlp"
}

func wrongProtocol(value string) string {
	if slices.Contains([]string{"http/protobuf", "grpc"}, value) {
		return ""
	}
	return "it is neither http/protobuf nor grpc; write the one that the collector takes"
}

// wrongEndpoint refuses a user and password too: addresses are logged.
func wrongEndpoint(value string) string {
	u, err := url.Parse(value)
	switch {
	case strings.Contains(value, "@"):
		return "it holds a user or password; put a credential into OTEL_EXPORTER_OTLP_HEADERS"
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "it is not an http or https address; write the scheme, host and port, as in http://127.0.0.1:4318"
	}
	if port, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || port < 1 || port > 65535) {
		return "its port is not between 1 and 65535; write it as http://127.0.0.1:4318"
	}
	return ""
}

func wrongSampler(value string) string {
	base := strings.TrimPrefix(strings.ToLower(value), "parentbased_")
	if slices.Contains([]string{"always_on", "always_off", "traceidratio"}, base) {
		return ""
	}
	return "it is none of always_on, always_off and traceidratio, each also with parentbased_ before it; write parentbased_traceidratio to keep the part that OTEL_TRACES_SAMPLER_ARG says"
}

func wrongRatio(value string) string {
	if ratio, err := strconv.ParseFloat(value, 64); err == nil && ratio >= 0 && ratio <= 1 {
		return ""
	}
	return "it is not a number between 0 and 1; write the part of the requests to keep, such as 0.01"
}

func wrongAttributes(value string) string {
	for pair := range strings.SplitSeq(value, ",") {
		if !strings.Contains(pair, "=") {
			return "it is not a list of name=value separated by commas; write it as deployment.environment.name=prod"
		}
	}
	return ""
}
