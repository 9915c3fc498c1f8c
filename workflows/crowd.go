package workflows

import (
	"encoding/json"
	"slices"

	"redress/internal/contract"
)

// Temporal takes no payload above 2 MB, and a fault of a network makes thousands of
// alerts about one target at once.
const (
	// batchAlerts and batchBytes bound the alerts of one message; its size is that of
	// their JSON. An alert that is larger than that goes alone.
	batchAlerts = 200
	batchBytes  = 512 << 10
	// annotated is how many alerts of a run keep what only texts need.
	annotated = 50
	// carriedBytes is from which size on the state of a guardian leaves out of answered
	// alerts what the next sighting brings again.
	carriedBytes = 1 << 20
)

// batches divides alerts into messages.
func batches(alerts []contract.Alert) [][]contract.Alert {
	var out [][]contract.Alert
	size, from := 0, 0
	for i, a := range alerts {
		n := jsonSize(a)
		if i > from && (i-from == batchAlerts || size+n > batchBytes) {
			out = append(out, alerts[from:i])
			size, from = 0, i
		}
		size += n
	}
	if from < len(alerts) {
		out = append(out, alerts[from:])
	}
	return out
}

// jsonSize is the size of a message in a payload.
func jsonSize(v any) int {
	text, err := json.Marshal(v)
	if err != nil {
		return batchBytes // plain data: it does not happen
	}
	return len(text)
}

// brief returns the alerts, those after the first full ones without what only texts need.
func brief(alerts []contract.Alert, full int) []contract.Alert {
	full = min(max(full, 0), len(alerts))
	out := slices.Clone(alerts)
	for i := range out[full:] {
		out[full+i] = bare(out[full+i])
	}
	return out
}

func bare(a contract.Alert) contract.Alert {
	a.Annotations, a.GeneratorURL = nil, ""
	return a
}

// carried is the state that the next execution begins with. Sightings and notifications
// renew each alert whole, so that it may leave out what nothing asks for until then.
func (g *guardian) carried() *contract.Guardian {
	s := g.state
	s.Alerts = slices.Clone(s.Alerts)
	for i := range s.Alerts {
		if e := &s.Alerts[i]; e.Planned && i >= alertsShown {
			e.Alert, e.Why = bare(e.Alert), ""
		}
	}
	if jsonSize(s) <= carriedBytes {
		return &s
	}
	for i := range s.Alerts {
		if e := &s.Alerts[i]; e.Planned && e.RunID != "" && i >= alertsShown {
			e.Alert.Labels = map[string]string{"alertname": e.Alert.Name()}
		}
	}
	return &s
}
