package sluice

import (
	"context"
	"errors"
	"testing"
)

func TestWhatIsSharedIsClosedWithItsLastUser(t *testing.T) {
	var p pool[int]
	opened, closed := 0, 0
	open := func() (int, func(context.Context) error, error) {
		opened++
		return opened, func(context.Context) error { closed++; return nil }, nil
	}
	acquire := func(setting string) (int, func(context.Context) error, error) { return p.acquire("dir", setting, open) }
	a, releaseA, err := acquire("x")
	if err != nil {
		t.Fatal(err)
	}
	b, releaseB, err := acquire("x")
	if err != nil || a != b || opened != 1 {
		t.Fatalf("second user: %d, %v; opened %d times", b, err, opened)
	}
	if _, _, err := acquire("y"); !errors.Is(err, errInUse) {
		t.Errorf("with other settings: %v, want %v", err, errInUse)
	}
	for range 2 { // twice counts once
		if err := releaseA(t.Context()); err != nil || closed != 0 {
			t.Fatalf("closed %d times while somebody uses it, %v", closed, err)
		}
	}
	if err := releaseB(t.Context()); err != nil || closed != 1 {
		t.Errorf("closed %d times after its last user, %v", closed, err)
	}
	if c, _, err := acquire("y"); err != nil || c != 2 {
		t.Errorf("after that: %d, %v; want it opened anew", c, err)
	}
}

func TestWhatCannotBeOpenedIsNotShared(t *testing.T) {
	var p pool[int]
	full := errors.New("disk full")
	if _, _, err := p.acquire("dir", "", func() (int, func(context.Context) error, error) { return 0, nil, full }); !errors.Is(err, full) {
		t.Errorf("%v, want %v", err, full)
	}
	if len(p.open) != 0 {
		t.Error("it is kept")
	}
}
