package subject

import "testing"

func TestATokenIsShownToBeOfItsValueByItsKeyAlone(t *testing.T) {
	token, key := Token("u_123")
	again, other := Token("u_123")
	if token == again || key == other {
		t.Error("two tokens of a value are equal")
	}
	for _, tc := range []struct {
		token, key, value string
		want              bool
	}{
		{token, key, "u_123", true}, {token, other, "u_123", false}, {token, key, "u_124", false}, {again, key, "u_123", false}, {token, "", "u_123", false}, {token, "zz", "u_123", false},
	} {
		if got := Is(tc.token, tc.key, tc.value); got != tc.want {
			t.Errorf("Is(%.8s, %.8s, %s) = %v", tc.token, tc.key, tc.value, got)
		}
	}
}
