package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const (
	mallocsName   = "go_memstats_mallocs_total"
	allocatedName = "go_memstats_alloc_bytes_total"
)

// figures are a process's metrics, by name with labels, as Prometheus reads
// them.
type figures map[string]float64

// scrape reads the metrics at an address.
func scrape(ctx context.Context, address string) (figures, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := prober.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the metrics are %s", res.Status)
	}
	return readFigures(res.Body)
}

func readFigures(r io.Reader) (figures, error) {
	found := figures{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		cut := strings.LastIndexByte(line, ' ')
		if cut < 0 || line[0] == '#' {
			continue
		}
		value, err := strconv.ParseFloat(line[cut+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("the metric %q has no number", line)
		}
		found[line[:cut]] = value
	}
	return found, lines.Err()
}

// sum adds up what has the name and every one of the labels.
func (f figures) sum(name string, labels ...string) (total float64) {
series:
	for series, value := range f {
		if series != name && !strings.HasPrefix(series, name+"{") {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(series, label) {
				continue series
			}
		}
		total += value
	}
	return total
}
