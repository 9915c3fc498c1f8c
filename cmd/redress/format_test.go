package main

import (
	"testing"
	"time"
)

func TestMomentShowsTheDateOfAnotherDay(t *testing.T) {
	start := time.Date(2026, 11, 21, 0, 0, 30, 0, time.UTC)
	tests := []struct {
		name  string
		at    time.Time
		start *time.Time
		want  string
	}{
		{"the same day", start.Add(-10 * time.Second), &start, "00:00:20"},
		{"the day before", start.Add(-time.Minute), &start, "2026-11-20 23:59:30"},
		{"the same day, written in another zone", start.In(time.FixedZone("", -3600)), &start, "00:00:30"},
		{"a run that has not begun", start, nil, "2026-11-21 00:00:30"},
	}
	for _, tt := range tests {
		if got := moment(tt.at, tt.start); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
