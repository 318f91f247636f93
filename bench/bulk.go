package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"time"
)

// constantMemory is how much a gateway may grow while a long body passes: its
// buffers and what the collector has not taken back, not the body.
const constantMemory = 48 << 20

// bulk sends long bodies both ways through each mode, with their length and in
// chunks, compares what arrives, and bounds the gateway's memory meanwhile.
func (c trial) bulk(ctx context.Context, s *stack, backend *process) error {
	policy, err := s.file("writing/authz.rego", writingPolicy)
	if err != nil {
		return err
	}
	want := sha256.New()
	body, err := stream(c.bytes)
	if err == nil {
		_, err = io.Copy(want, body)
	}
	if err != nil {
		return err
	}
	folder := strings.TrimSuffix(policy, "/authz.rego")
	for _, m := range []mode{keyMode(), s.jwksMode(), s.oidcMode("a policy that lets write", folder)} {
		t, err := c.target(ctx, s, m.with(", long bodies"), backend)
		if err != nil {
			return err
		}
		for _, chunked := range []bool{false, true} {
			if err := c.passes(ctx, t, m, "download", chunked, want); err != nil {
				return err
			}
			if err := c.passes(ctx, t, m, "upload", chunked, want); err != nil {
				return err
			}
		}
		t.server.stop()
	}
	return nil
}

// passes sends one body and sees that it arrives whole, in constant memory.
func (c trial) passes(ctx context.Context, t *target, m mode, way string, chunked bool, want hash.Hash) error {
	framing := "with its length"
	if chunked {
		framing = "in chunks"
	}
	before, err := t.server.resident()
	if err != nil {
		return err
	}
	resident := t.server.watchResident(ctx)
	began := time.Now()
	move := c.download
	if way == "upload" {
		move = c.upload
	}
	got, err := move(ctx, t, m, chunked)
	grown := resident() - before
	if err == nil && got != hex.EncodeToString(want.Sum(nil)) {
		err = errors.New("what arrived is not what was sent")
	}
	if err == nil && grown > constantMemory {
		err = fmt.Errorf("the gateway grew by %d MiB: more than %d", grown>>20, constantMemory>>20)
	}
	if err != nil {
		return fmt.Errorf("%s of %d bytes %s, %s: %w", way, c.bytes, framing, t.name, err)
	}
	c.say("%s of %d MiB %s, %s: the same arrived, %.0f MiB/s, the gateway grew by %d MiB",
		way, c.bytes>>20, framing, t.name, float64(c.bytes>>20)/time.Since(began).Seconds(), max(grown, 0)>>20)
	return nil
}

func (c trial) download(ctx context.Context, t *target, m mode, chunked bool) (string, error) {
	offset := 0
	if chunked {
		offset = 1
	}
	url := fmt.Sprintf("http://%s%s/collections/obs/coverage?limit=%d&offset=%d", t.server.address, contextPath, c.bytes, offset)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	res, err := send(req, m)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	if sent := res.ContentLength < 0; sent != chunked {
		return "", fmt.Errorf("the length that is told is %d", res.ContentLength)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, res.Body)
	return hex.EncodeToString(sum.Sum(nil)), copied(n, c.bytes, err)
}

func (c trial) upload(ctx context.Context, t *target, m mode, chunked bool) (string, error) {
	body, err := stream(c.bytes)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://"+t.server.address+contextPath+"/collections/obs/items/7", body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	if req.ContentLength = c.bytes; chunked {
		req.ContentLength = -1
	}
	res, err := send(req, m)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	var got arrival
	err = json.NewDecoder(res.Body).Decode(&got)
	return got.SHA256, copied(got.Bytes, c.bytes, err)
}

// send asks with the mode's credential; anything but 200 is an error.
func send(req *http.Request, m mode) (*http.Response, error) {
	name, value, _ := strings.Cut(m.credential, ": ")
	req.Header.Set(name, value)
	res, err := bulkClient.Do(req)
	if err == nil && res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, fmt.Errorf("the answer is %s", res.Status)
	}
	return res, err
}

var bulkClient = &http.Client{Transport: &http.Transport{DisableCompression: true, WriteBufferSize: 256 << 10, ReadBufferSize: 256 << 10}}

// writingPolicy lets whoever is signed in do everything.
const writingPolicy = `package httpapi.authz

default allow := false

allow if input.subject.kind == "user"
`
