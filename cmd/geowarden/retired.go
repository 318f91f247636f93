package main

import (
	"slices"
	"strings"
)

// retired are the settings of fastgeoapi that have no meaning here: how it
// runs pygeoapi inside itself and draws its pages, how loguru turns its files,
// where it deploys, what it caches, and its MCP server. docs/migration.md says
// what becomes of each. A name that ends in * stands for all that begin so.
var retired = []string{
	"AWS_LAMBDA_DEPLOY",
	"FASTGEOAPI_CACHE_DIR",
	"FASTGEOAPI_CONFIG_POLL_SECONDS",
	"FASTGEOAPI_HTML_*",
	"FASTGEOAPI_HTTP_MAX_AGE_SECONDS",
	"FASTGEOAPI_MCP_*",
	"FASTGEOAPI_RANGE_CACHE*",
	"FASTGEOAPI_WITH_MCP",
	"LOG_ENQUEUE",
	"LOG_RETENTION",
	"LOG_ROTATION",
	"PYGEOAPI_CONFIG",
	"PYGEOAPI_OPENAPI",
}

// isRetired says whether name, without its prefix, is one of them.
func isRetired(name string) bool {
	return slices.ContainsFunc(retired, func(pattern string) bool {
		start, many := strings.CutSuffix(pattern, "*")
		return name == pattern || many && strings.HasPrefix(name, start)
	})
}
