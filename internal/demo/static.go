package demo

import (
	"embed"
	"net/http"
)

//go:embed static
var static embed.FS

// routeStatic serves the embedded files by their exact names; there are no listings.
func routeStatic(name string) operations {
	if name != "style.css" {
		return nil
	}
	return read(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, static, "static/style.css")
	})
}
