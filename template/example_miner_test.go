package template_test

import (
	"fmt"

	"github.com/sluicelog/sluice/template"
)

// A miner turns messages into templates and variables; the two together are the message again.
func ExampleMiner_Match() {
	miner := template.NewMiner(nil)
	for _, msg := range []string{"upload of 73451 bytes completed in 2 parts", "upload of 9 bytes completed in 1 parts"} {
		t, vars := miner.Match(msg)
		fmt.Println(t, vars, t.Kinds())
		fmt.Println(string(t.Append(nil, vars)) == msg)
	}
	// Output:
	// upload of <number> bytes completed in <number> parts [73451 2] [number number]
	// true
	// upload of <number> bytes completed in <number> parts [9 1] [number number]
	// true
}

// A word turns out to be a variable when it has had several values. The templates that it had until then resolve to the one
// that it has now.
func ExampleMiner_Resolve() {
	miner := template.NewMiner(nil)
	first, _ := miner.Match("stage decode failed")
	for _, stage := range []string{"denoise", "separate", "enhance", "store"} {
		miner.Match("stage " + stage + " failed")
	}
	now, vars := miner.Match("stage encode failed")
	fmt.Println(first, "->", now, vars)
	fmt.Println(miner.Resolve(first.ID()) == miner.Resolve(now.ID()))
	// Output:
	// stage decode failed -> stage <word> failed [encode]
	// true
}
