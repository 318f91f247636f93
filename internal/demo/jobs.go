package demo

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// listJobs shows everybody everybody's jobs, inputs included, as pygeoapi does.
func (u *Upstream) listJobs(w http.ResponseWriter, r *http.Request) {
	d := document{title: "Jobs", description: "What was run", path: "/jobs"}
	listed := []object{}
	for _, one := range slices.Backward(u.jobs.all()) {
		status := u.jobStatus(one)
		status.body["links"] = status.links
		listed = append(listed, status.body)
		d.entries = append(d.entries, link{Title: one.id, Href: u.href(status.path, nil)})
	}
	d.body = object{"jobs": listed}
	u.respond(w, r, d)
}

func (u *Upstream) describeJob(id string, w http.ResponseWriter, r *http.Request) {
	one, err := u.jobs.find(id)
	if err != nil {
		u.exception(w, r, http.StatusNotFound, "NoSuchJob", err.Error())
		return
	}
	u.respond(w, r, u.jobStatus(one))
}

// jobStatus is a status info document (OGC API Processes 1, section 7.12).
func (u *Upstream) jobStatus(one job) document {
	at := one.at.UTC().Format(time.RFC3339Nano)
	d := document{
		title: "Job " + one.id, description: one.message, path: "/jobs/" + one.id,
		body: object{
			"type": "process", "processID": helloWorld, "jobID": one.id, "status": "failed", "message": one.message,
			"progress": 100, "parameters": one.inputs, "created": at, "started": at, "finished": at, "updated": at,
		},
	}
	if one.results == nil {
		return d
	}
	d.body["status"] = "successful"
	for _, f := range d.formats() {
		d.links = append(d.links, link{
			Rel: relResults, Type: d.typeOf(f), Title: "Results as " + f.label(),
			Href: u.href(d.path+"/results", with(nil, "f", string(f))),
		})
	}
	return d
}

// jobResults answers in HTML unless asked for JSON, as pygeoapi does.
func (u *Upstream) jobResults(id string, w http.ResponseWriter, r *http.Request) {
	one, err := u.jobs.find(id)
	if err != nil {
		u.exception(w, r, http.StatusNotFound, "NoSuchJob", err.Error())
		return
	}
	if one.results == nil {
		u.exception(w, r, http.StatusBadRequest, "InvalidParameterValue", "the job failed: "+one.message)
		return
	}
	d := document{
		title: "Results of job " + one.id, path: "/jobs/" + one.id + "/results", body: one.results, unlinked: true,
		fallback: formatHTML,
	}
	for name, value := range one.results {
		d.fields = append(d.fields, field{Name: name, Value: fmt.Sprint(value)})
	}
	u.respond(w, r, d)
}

// deleteJob answers without a Content-Type, as pygeoapi does under Starlette.
func (u *Upstream) deleteJob(id string, w http.ResponseWriter, r *http.Request) {
	if err := u.jobs.remove(id); err != nil {
		u.exception(w, r, http.StatusNotFound, "NoSuchJob", err.Error())
		return
	}
	writeJSON(w, http.StatusOK, "", object{
		"jobID": id, "status": "dismissed", "message": "the job is dismissed", "progress": 100,
		"links": []link{{Rel: "up", Type: "application/json", Title: "Jobs", Href: u.href("/jobs", nil)}},
	})
}
