package scan

// jwtEnd returns the end of the JSON web token (or the first part of one that was cut off) that begins at i, and
// 0 when there is none. The header is base64 of a JSON object, so it begins with eyJ.
func jwtEnd(text string, i int) int {
	if i+3 > len(text) || text[i:i+3] != "eyJ" {
		return 0
	}
	end := span(text, i, word)
	if end-i < long {
		return 0
	}
	parts := 1
	for end < len(text) && text[end] == '.' && parts < 5 {
		next := span(text, end+1, word)
		if next == end+1 && parts != 1 && parts != 2 {
			break
		}
		if parts == 1 && next-end < 5 {
			break
		}
		end = next
		parts++
	}
	if parts == 1 && !(end-i >= 20 && isHeader(text[i:end])) {
		return 0
	}
	if text[end-1] == '.' {
		end--
	}
	for n := 0; n < 2 && end < len(text) && text[end] == '='; n++ {
		end++
	}
	return end
}

// isHeader reports whether the base64 is that of a JSON object that begins with a member of a token's header: alg,
// typ, kid, enc, cty, x5t, jku, jwk. Without a second part this alone tells a token from a cursor of some API.
func isHeader(s string) bool {
	switch s[:8] {
	case "eyJhbGci", "eyJ0eXAi", "eyJraWQi", "eyJlbmMi", "eyJjdHki", "eyJ4NXQi", "eyJqa3Ui", "eyJqd2si", "eyJrIjoi":
		return true
	}
	return false
}
