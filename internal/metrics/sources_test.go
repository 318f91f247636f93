package metrics

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPartsAreAskedAtEachScrape(t *testing.T) {
	m := New(Build{Version: "v1", Commit: "abc", Go: "go1"})
	now := time.Unix(1_000_000, 0)
	m.now = func() time.Time { return now }
	failing, hits := false, uint64(7)
	m.Ask(Sources{
		Ready: func() bool { return !failing }, Degraded: func() []string { return []string{"provider", "upstream"} },
		InFlight: func() int { return 3 }, Connections: func() int { return 5 }, APIKeys: func() int { return 2 },
		CertificateExpiry: func() time.Time { return time.Unix(1_003_600, 0) },
		KeySetRead:        func() time.Time { return time.Unix(999_940, 0) }, KeySetFailing: func() bool { return failing },
		KeySetCeiling:   func() time.Duration { return 90 * time.Minute },
		TokenCache:      func() (uint64, uint64) { return hits, 2 },
		CollectionsRead: func() time.Time { return time.Unix(999_990, 0) },
	})
	want := map[string]float64{
		`geowarden_build_info{commit="abc",go="go1",version="v1"}`: 1,
		`geowarden_ready`:                     1,
		`geowarden_degraded{part="provider"}`: 1, `geowarden_degraded{part="policy"}`: 0, `geowarden_degraded{part="upstream"}`: 1, `geowarden_degraded{part="other"}`: 0,
		`geowarden_requests_in_flight`: 3, `geowarden_connections_open`: 5, `geowarden_api_keys`: 2,
		`geowarden_certificate_expiry_timestamp_seconds`: 1_003_600,
		`geowarden_key_set_age_seconds`:                  60, `geowarden_key_set_failing`: 0, `geowarden_key_set_ceiling_seconds`: 5400,
		`geowarden_token_cache_lookups_total{result="hit"}`: 7, `geowarden_token_cache_lookups_total{result="miss"}`: 2,
		`geowarden_collections_age_seconds`: 10,
	}
	check := func() {
		t.Helper()
		got := scrape(t, m)
		for name, value := range want {
			if have, ok := got[name]; !ok || have != value {
				t.Errorf("%s is %v (there: %v), want %v", name, have, ok, value)
			}
		}
	}
	check()

	failing, hits, now = true, 8, now.Add(time.Minute)
	want["geowarden_ready"], want["geowarden_key_set_failing"] = 0, 1
	want[`geowarden_token_cache_lookups_total{result="hit"}`] = 8
	want["geowarden_key_set_age_seconds"], want["geowarden_collections_age_seconds"] = 120, 70
	check()
}

// A part that is not there, or knows nothing yet, must not look as if it were
// at nothing: an age of 0 would be a fresh set of keys.
func TestWhatIsNotThereHasNoSeries(t *testing.T) {
	nothing := func() time.Time { return time.Time{} }
	for name, s := range map[string]Sources{"no parts": {}, "nothing yet": {CertificateExpiry: nothing, KeySetRead: nothing, CollectionsRead: nothing}} {
		m := New(Build{})
		m.Ask(s)
		for series := range scrape(t, m) {
			for _, absent := range []string{"ready", "degraded", "requests_in_flight", "connections_open", "certificate_expiry", "api_keys", "key_set_age", "key_set_ceiling", "key_set_failing", "keys_file_stale", "certificate_stale", "token_cache", "collections_age", "policy_info", "policy_stale", "unchecked"} {
				if strings.HasPrefix(series, "geowarden_"+absent) {
					t.Errorf("%s: %s is there", name, series)
				}
			}
		}
	}
}

func TestEventsAreCountedByHowTheyEnded(t *testing.T) {
	m := New(Build{})
	failed := errors.New("failed")
	for name, tell := range map[string]func(error){
		"key_set_fetches": m.KeySetFetched, "keys_file_reloads": m.KeysFileReloaded,
		"certificate_reloads": m.CertificateReloaded, "collections_fetches": m.CollectionsFetched,
		"policy_reloads": func(err error) { m.PolicyReloaded("x", err) },
	} {
		only(t, scrape(t, m), "geowarden_"+name, map[string]float64{
			"geowarden_" + name + `_total{result="ok"}`: 0, "geowarden_" + name + `_total{result="failed"}`: 0,
		})
		tell(nil)
		tell(failed)
		tell(failed)
		only(t, scrape(t, m), "geowarden_"+name, map[string]float64{
			"geowarden_" + name + `_total{result="ok"}`: 1, "geowarden_" + name + `_total{result="failed"}`: 2,
		})
	}
	m.ConnectionRefused()
	m.LogLost(3)
	m.LogLost(4)
	m.Unchecked(true, false)
	only(t, scrape(t, m), "geowarden_log_lost", map[string]float64{"geowarden_log_lost_bytes_total": 7})
	only(t, scrape(t, m), "geowarden_connections_refused", map[string]float64{"geowarden_connections_refused_total": 1})
	only(t, scrape(t, m), "geowarden_unchecked", map[string]float64{
		`geowarden_unchecked_claim{claim="audience"}`: 1, `geowarden_unchecked_claim{claim="issuer"}`: 0,
	})
}

func TestAFileIsStaleFromAFailedReloadToAGoodOne(t *testing.T) {
	for name, tell := range map[string]func(*Metrics) (loaded func(), reloaded func(error)){
		"geowarden_keys_file_stale":   func(m *Metrics) (func(), func(error)) { return m.KeysFileLoaded, m.KeysFileReloaded },
		"geowarden_certificate_stale": func(m *Metrics) (func(), func(error)) { return m.CertificateLoaded, m.CertificateReloaded },
	} {
		m := New(Build{})
		loaded, reloaded := tell(m)
		loaded()
		only(t, scrape(t, m), name, map[string]float64{name: 0})
		for i, err := range []error{errors.New("broken"), errors.New("broken still"), nil} {
			reloaded(err)
			only(t, scrape(t, m), name, map[string]float64{name: []float64{1, 1, 0}[i]})
		}
	}
}

func TestThePolicyIsOneSeriesAndStaleAfterAFailedReload(t *testing.T) {
	m := New(Build{})
	now := time.Unix(100, 0)
	m.now = func() time.Time { return now }
	expect := func(revision string, loaded, stale float64) {
		t.Helper()
		only(t, scrape(t, m), "geowarden_policy_", map[string]float64{
			`geowarden_policy_info{revision="` + revision + `"}`: 1,
			"geowarden_policy_loaded_timestamp_seconds":          loaded,
			"geowarden_policy_stale":                             stale,
			`geowarden_policy_reloads_total{result="ok"}`:        scrape(t, m)[`geowarden_policy_reloads_total{result="ok"}`],
			`geowarden_policy_reloads_total{result="failed"}`:    scrape(t, m)[`geowarden_policy_reloads_total{result="failed"}`],
		})
	}
	m.PolicyLoaded("a")
	expect("a", 100, 0)
	now = time.Unix(200, 0)
	m.PolicyReloaded("a", errors.New("broken"))
	expect("a", 100, 1)
	now = time.Unix(300, 0)
	m.PolicyReloaded("b", nil)
	expect("b", 300, 0)
}
