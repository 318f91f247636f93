package demo

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const maxJobs = 200

var errNoJob = errors.New("there is no such job")

// job is one execution of the process. It is never changed.
type job struct {
	id      string
	inputs  object
	results object // nil when it failed
	message string
	at      time.Time
}

func newJob(inputs, results object, failure error, at time.Time) job {
	message := "the job is done"
	if failure != nil {
		message = failure.Error()
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return job{
		id:     fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]),
		inputs: inputs, results: results, message: message, at: at,
	}
}

// jobs keeps the newest executions, whoever started them.
type jobs struct {
	mu   sync.Mutex
	list []job
}

func (j *jobs) add(done job) job {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.list) == maxJobs {
		j.list = slices.Delete(j.list, 0, 1)
	}
	j.list = append(j.list, done)
	return done
}

func (j *jobs) all() []job {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.list)
}

func (j *jobs) find(id string) (job, error) {
	all := j.all()
	if n := slices.IndexFunc(all, func(one job) bool { return one.id == id }); n >= 0 {
		return all[n], nil
	}
	return job{}, errNoJob
}

func (j *jobs) remove(id string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := len(j.list)
	j.list = slices.DeleteFunc(j.list, func(one job) bool { return one.id == id })
	if len(j.list) == before {
		return errNoJob
	}
	return nil
}
