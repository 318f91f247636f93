package authn_test

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/geowarden/geowarden/authn"
)

func Example() {
	keys, err := authn.NewKeys(authn.KeysConfig{Static: map[string]string{"harvester": "a long random text"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, sent := range []string{"a long random text", "a guess", ""} {
		r := &http.Request{Header: http.Header{}}
		r.Header.Set("X-API-KEY", sent)
		who, err := keys.Authenticate(r)
		if failed := (*authn.Error)(nil); errors.As(err, &failed) {
			fmt.Println("refused:", failed.Detail)
			continue
		}
		fmt.Println(who.Kind, who.ID)
	}
	// Output:
	// key harvester
	// refused: invalid api key
	// refused: no api key
}
