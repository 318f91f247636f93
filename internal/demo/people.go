package demo

import "crypto/sha256"

// User is somebody who can sign in at the sample issuer.
type User struct {
	Name     string // preferred_username, and what is typed at the password grant
	Password string
	Subject  string // sub: stable over restarts, as policies and logs name it
	Company  string // the claim that the sample policies decide on
	Email    string
}

// Client is a program that may ask the sample issuer for tokens.
type Client struct {
	ID      string
	Secret  string
	Subject string   // sub of the client's own tokens; only for client_credentials
	Grants  []string // the grant types that it may use (RFC 6749, section 4)
}

// The grant types that the token endpoint knows.
const (
	grantPassword          = "password"
	grantClientCredentials = "client_credentials"
	grantRefreshToken      = "refresh_token"
)

// Users returns the users of the demo. Their passwords are public constants: good for a curl line in a README on
// loopback, and for nothing else.
func Users() []User {
	return []User{
		{
			Name: "francbartoli", Password: "demo-francbartoli", Company: "geobeyond",
			Subject: "6b1f8a52-0c57-4c1e-9d43-2f6a7e9b1a01", Email: "francbartoli@geobeyond.example",
		},
		{ //nolint:gosec // G101: published on purpose, it opens nothing but the demo
			Name: "tomkralidis", Password: "demo-tomkralidis", Company: "osgeo",
			Subject: "d2c94e17-85b3-4f60-8a2e-71c5b0e4fd02", Email: "tomkralidis@osgeo.example",
		},
	}
}

// Clients returns the clients of the demo: pygeoapi-client, which signs users in, and demo-service, which acts for
// itself. Their secrets are as public as the passwords of Users.
func Clients() []Client {
	return []Client{
		{ //nolint:gosec // G101: published on purpose, it opens nothing but the demo
			ID: "pygeoapi-client", Secret: "demo-client-secret", Grants: []string{grantPassword, grantRefreshToken},
		},
		{
			ID: "demo-service", Secret: "demo-service-secret", Grants: []string{grantClientCredentials},
			Subject: "4f7d2b90-3e68-4a15-b7c9-58e10d6a3c03",
		},
	}
}

// digest makes secrets of any length comparable in constant time.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
