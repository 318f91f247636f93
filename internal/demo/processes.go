package demo

import (
	"errors"
	"net/http"
	"strings"
)

const helloWorld = "hello-world"

func (u *Upstream) listProcesses(w http.ResponseWriter, r *http.Request) {
	d := document{title: "Processes", description: "What can be run", path: "/processes"}
	hello := u.helloWorldDocument()
	body := hello.body
	body["links"] = append(u.formLinks(hello, formatJSON), hello.links...)
	d.body = object{"processes": []object{body}}
	d.entries = []link{{Title: hello.title, Href: u.href(hello.path, nil)}}
	u.respond(w, r, d)
}

func (u *Upstream) describeProcess(w http.ResponseWriter, r *http.Request) {
	d := u.helloWorldDocument()
	input := func(title, description string, minOccurs int) object {
		return object{
			"title": title, "description": description, "minOccurs": minOccurs, "maxOccurs": 1,
			"schema": object{"type": "string"},
		}
	}
	d.body["inputs"] = object{
		"name":    input("Name", "Who is greeted", 1),
		"message": input("Message", "What is said besides", 0),
	}
	d.body["outputs"] = object{
		"echo": object{"title": "Greeting", "schema": object{"type": "object", "contentMediaType": "application/json"}},
	}
	u.respond(w, r, d)
}

func (u *Upstream) helloWorldDocument() document {
	const title, description = "Hello, world", "Greets whoever is named"
	path := "/processes/" + helloWorld
	return document{
		title: title, description: description, path: path,
		body: object{
			"id": helloWorld, "version": "1.0.0", "title": title, "description": description,
			"jobControlOptions": []string{"sync-execute", "async-execute"}, "outputTransmission": []string{"value"},
		},
		links: []link{
			{Rel: relExecute, Type: "application/json", Title: "Run it", Href: u.href(path+"/execution", nil)},
			{Rel: relJobs, Type: "application/json", Title: "Jobs", Href: u.href("/jobs", nil)},
		},
	}
}

// execute runs the process (OGC API Processes 1, section 7.11): at once in any case, so that a job is done by the time
// its address is known. A subscriber in the request is ignored: this server calls nobody.
func (u *Upstream) execute(w http.ResponseWriter, r *http.Request) {
	request, err := decode[struct {
		Inputs map[string]any `json:"inputs"`
	}](r.Body)
	if err != nil {
		u.exception(w, r, http.StatusBadRequest, "InvalidParameterValue", "the body is not an execute request")
		return
	}
	greeting, err := greet(request.Inputs)
	done := u.jobs.add(newJob(request.Inputs, greeting, err, u.now()))
	w.Header().Set("Location", u.href("/jobs/"+done.id, nil))
	if prefersAsync(r) {
		w.Header().Set("Preference-Applied", "respond-async")
		writeJSON(w, http.StatusCreated, "application/json", nil)
		return
	}
	if err != nil {
		u.exception(w, r, http.StatusBadRequest, "InvalidParameterValue", err.Error())
		return
	}
	writeJSON(w, http.StatusOK, "application/json", greeting)
}

func greet(inputs map[string]any) (object, error) {
	name, _ := inputs["name"].(string)
	if name == "" {
		return nil, errors.New("the input name is missing, or is not a string")
	}
	greeting := "Hello, " + name + "!"
	if message, _ := inputs["message"].(string); message != "" {
		greeting += " " + message
	}
	return object{"id": "echo", "value": greeting}, nil
}

// prefersAsync reads Prefer (RFC 7240, section 4.1).
func prefersAsync(r *http.Request) bool {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Prefer"), ","), ",") {
		name, _, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), "respond-async") {
			return true
		}
	}
	return false
}
