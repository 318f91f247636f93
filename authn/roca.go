package authn

import "math/big"

// rocaPrimes are small odd primes. Keys made by certain smart cards and
// security chips are recognised by them (CVE-2017-15361, ROCA).
var rocaPrimes = []int64{
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
	101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
}

// isROCA reports whether an RSA modulus has the mark of a key that can be
// factored: by each of the primes it leaves a power of 65537. One sound key in
// about two hundred million has it too.
func isROCA(modulus *big.Int) bool {
	for _, prime := range rocaPrimes {
		rest := new(big.Int).Mod(modulus, big.NewInt(prime)).Int64()
		if !isPowerOf65537(rest, prime) {
			return false
		}
	}
	return true
}

func isPowerOf65537(rest, prime int64) bool {
	const exponent = 65537
	for power := int64(1); ; {
		if power == rest {
			return true
		}
		if power = power * (exponent % prime) % prime; power == 1 {
			return false
		}
	}
}
