package demo

import "net/http"

// adminConfig shows the whole configuration to whoever asks: what a gateway is there to prevent.
func (u *Upstream) adminConfig(w http.ResponseWriter, _ *http.Request) {
	resources := object{helloWorld: object{"type": "process"}}
	for _, c := range u.collections {
		resources[c.ID] = object{"type": "collection", "title": c.Title, "editable": true}
	}
	writeJSON(w, http.StatusOK, "application/json", object{
		"server": object{
			"url": *u.server.Load(), "admin": true, "limits": object{"default_items": defaultLimit, "max_items": maxLimit},
		},
		"resources": resources,
	})
}
