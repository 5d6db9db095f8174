package sluice_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/sluicelog/sluice"
)

// One file configures all environments: what stands under environments is laid over the rest. SLUICE_ENV chooses.
func ExampleLoadConfig() {
	dir, err := os.MkdirTemp("", "example-*")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "sluice.yaml")
	const text = `
service: {name: shop}
level: info
sinks:
  - {type: console}
environments:
  production:
    level: warn
    sinks:
      - {type: json, path: /var/log/shop.jsonl}
      - {type: store, path: /var/lib/shop/logs}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	for _, env := range []string{"development", "production"} {
		_ = os.Setenv(sluice.EnvEnvironment, env) // whoever starts the program sets it
		cfg, err := sluice.LoadConfig(file)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: level %s, sinks", cfg.Environment, cfg.Level)
		for _, s := range cfg.Sinks {
			fmt.Printf(" %s", s.Type)
		}
		fmt.Println()
	}
	_ = os.Unsetenv(sluice.EnvEnvironment)
	// Output:
	// development: level info, sinks console
	// production: level warn, sinks json store
}

// A preset is what a Config leaves open in an environment.
func ExamplePreset() {
	for _, env := range []string{sluice.Development, sluice.Production} {
		p := sluice.Preset(env)
		fmt.Printf("%s: level %s, sinks", env, p.Level)
		for _, s := range p.Sinks {
			fmt.Printf(" %s", s.Type)
		}
		fmt.Println()
	}
	// Output:
	// development: level debug, sinks console store
	// production: level info, sinks json
}
