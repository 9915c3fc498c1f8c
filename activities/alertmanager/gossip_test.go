package alertmanager

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/alertmanager/api/v2/models"

	"redress/internal/contract"
)

// Two peers that gossip have one silence, whichever of them is asked.
func TestPeersShareASilence(t *testing.T) {
	people := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(people.Close)
	config := fmt.Sprintf(routing, people.URL)
	quick := []string{"--cluster.listen-address=127.0.0.1:0", "--cluster.gossip-interval=20ms", "--cluster.pushpull-interval=500ms"}
	firstURL, killFirst := startPeer(t, config, quick...)
	first := &world{t: t, url: firstURL}
	var status models.AlertmanagerStatus
	eventually(t, "the first peer knows its own address", func() bool {
		first.call(http.MethodGet, "/api/v2/status", nil, &status)
		return len(status.Cluster.Peers) == 1
	})
	secondURL, _ := startPeer(t, config, append(quick, "--cluster.peer="+*status.Cluster.Peers[0].Address)...)
	second := &world{t: t, url: secondURL}
	eventually(t, "the peers know each other", func() bool {
		first.call(http.MethodGet, "/api/v2/status", nil, &status)
		return len(status.Cluster.Peers) == 2
	})

	r := first.reporter(func(o *Options) { o.Clusters = [][]string{{firstURL, secondURL}} })
	h := hold(run("a.x.1"), newAlert("RedisDown"))
	held := mustHold(t, r, h)
	eventually(t, "the second peer has the silence", func() bool { return len(second.silences()) == 1 })
	killFirst()
	if diff := cmp.Diff(held, mustHold(t, r, h)); diff != "" {
		t.Errorf("through the second peer (-first +second):\n%s", diff)
	}
	if _, err := r.Leases(t.Context(), map[string]contract.Run{"a.x.1": h.Run}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{held.Silences[0].ID}, second.active()); diff != "" {
		t.Errorf("active on the second peer (-want +got):\n%s", diff)
	}
	if err := r.Release(t.Context(), contract.Release{RunID: "a.x.1", Silences: held.Silences}); err != nil || len(second.active()) != 0 {
		t.Errorf("release = %v, active = %v", err, second.active())
	}
}
