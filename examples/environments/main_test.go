package main

import (
	"testing"

	"github.com/sluicelog/sluice"
)

func TestTheFileIsRightInEveryEnvironment(t *testing.T) {
	for env, sinks := range map[string]int{"development": 1, "test": 1, "staging": 1, "production": 3} {
		t.Setenv(sluice.EnvEnvironment, env)
		cfg, err := sluice.ParseConfig(file, "sluice.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if cfg, err = cfg.Effective(); err != nil || len(cfg.Sinks) != sinks {
			t.Errorf("%s: %d sinks, %v; want %d", env, len(cfg.Sinks), err, sinks)
		}
	}
}
