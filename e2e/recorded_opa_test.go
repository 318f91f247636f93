//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
)

// recordedOPA is an OPA server behind something that keeps what it was asked, and
// that can be taken out of reach.
type recordedOPA struct {
	*remoteOPA
	url  string // of what stands before it
	down atomic.Bool

	mutex sync.Mutex
	asked []opaInput
}

// opaInput is what both gateways tell a policy, whatever else they tell it.
type opaInput struct {
	RequestMethod string   `json:"request_method"`
	RequestPath   []string `json:"request_path"`
	Company       string   `json:"company"`
	Resource      any      `json:"resource"` // only Geowarden has it
}

func (s *stack) startRecordedOPA(policy string) (*recordedOPA, error) {
	opa, err := s.startOPAWith("opa-recorded", policy)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(opa.url)
	if err != nil {
		return nil, err
	}
	o := &recordedOPA{remoteOPA: opa}
	server := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	o.url = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.down.Load() {
			panic(http.ErrAbortHandler)
		}
		body, err := io.ReadAll(r.Body)
		var question struct{ Input opaInput }
		if err == nil && strings.HasSuffix(r.URL.Path, "/httpapi/authz") && json.Unmarshal(body, &question) == nil {
			o.mutex.Lock()
			o.asked = append(o.asked, question.Input)
			o.mutex.Unlock()
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		server.ServeHTTP(w, r)
	})).URL
	return o, nil
}

// taken returns what was asked since it was called last.
func (o *recordedOPA) taken() []opaInput {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	asked := o.asked
	o.asked = nil
	return asked
}
