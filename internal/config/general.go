package config

import (
	"fmt"

	promconfig "github.com/prometheus/common/config"

	"redress/definitions"
)

// temporal reads the key `temporal`.
func (d *decoder) temporal(root *object) Temporal {
	t := Temporal{Namespace: DefaultNamespace, TaskQueue: DefaultTaskQueue, UIURL: DefaultUIURL}
	o, ok := root.child("temporal")
	if !ok {
		return t
	}
	if it, ok := o.text("address"); ok {
		d.address(it)
		t.Address = it.text
	}
	t.Namespace = o.textOr("namespace", t.Namespace)
	t.TaskQueue = o.textOr("task_queue", t.TaskQueue)
	if it, ok := o.text("ui_url"); ok {
		t.UIURL = d.url(it)
	}
	return t
}

// alertmanager reads the key `alertmanager`.
func (d *decoder) alertmanager(root *object) Alertmanager {
	a := Alertmanager{Receiver: DefaultReceiver, HTTP: promconfig.DefaultHTTPClientConfig}
	o, ok := root.child("alertmanager")
	if !ok {
		if !root.broken && !root.silent["alertmanager"] {
			d.warn(root.node, CodeNoAlertmanager, "no Alertmanager is configured: no page is held back, and no lost notification is found",
				"add alertmanager: {urls: [http://127.0.0.1:9093]}")
		}
		return a
	}
	a.Receiver = o.textOr("receiver", a.Receiver)
	a.StatusAlerts = o.boolean("status_alerts")
	a.Clusters = d.clusters(o)
	if n, ok := o.get("http_config"); ok && d.prometheus(n, o.at("http_config"), &a.HTTP) {
		a.HTTP.SetDirectory(d.dir)
	}
	return a
}

// clusters reads the Alertmanagers, from the long or the short form.
func (d *decoder) clusters(o *object) [][]string {
	var clusters [][]string
	seen := make(map[string]item)
	once := func(it item) string {
		u := d.url(it)
		if first, ok := seen[u]; ok {
			d.fail(it.node, definitions.CodeBadValue, fmt.Sprintf("%s is the same Alertmanager as %s", it.path, first.path), "name each once: a silence is made once per cluster")
		}
		seen[u] = it
		return u
	}
	for _, it := range o.texts("urls") {
		clusters = append(clusters, []string{once(it)})
	}
	for _, peers := range o.list("clusters") {
		var cluster []string
		for _, it := range d.texts(d.list(peers.node, peers.path)) {
			cluster = append(cluster, once(it))
		}
		clusters = append(clusters, cluster)
		if len(peers.node.Content) == 0 {
			d.fail(peers.node, definitions.CodeEmptyValue, peers.path+" has no URL", "give each cluster at least one, or remove it")
		}
	}
	short, isShort := o.keys["urls"]
	_, isLong := o.keys["clusters"]
	switch {
	case isShort && isLong:
		d.fail(short, CodeConflict, "alertmanager has both urls and clusters", "urls is short for clusters of one; keep clusters")
	case !o.broken && o.empty("urls") && o.empty("clusters"):
		d.warn(o.node, CodeNoAlertmanager, "alertmanager has no URL: no page is held back, and no lost notification is found", "add urls: [http://127.0.0.1:9093]")
	}
	return clusters
}

// receivers reads the key `receivers`.
func (d *decoder) receivers(root *object) []Receiver {
	var receivers []Receiver
	seen := make(map[string]item)
	for _, it := range root.list("receivers") {
		o := d.object(it.node, it.path)
		var r Receiver
		if name, ok := o.name("name"); ok {
			d.uniqueName(name, "receiver", seen)
			if name.text == DefaultReceiverAlias {
				d.fail(name.node, definitions.CodeBadName, "no receiver can be named default: that is what runbooks call policy.receiver", "name it otherwise, such as oncall")
			}
			r.Name = name.text
		}
		_, isURL := o.keys["url_file"]
		_, isHTTP := o.keys["http"]
		switch {
		case isURL && isHTTP:
			d.fail(o.keys["http"], CodeConflict, o.path+" has both url_file and http", "make two receivers of it")
		case isURL:
			r.Kind, r.URL = Shoutrrr, o.secret("url_file")
		case isHTTP:
			r.Kind = HTTP
			if h, ok := o.child("http"); ok {
				h.require("url_file")
				r.URL = h.secret("url_file")
			}
		case !o.broken && !o.silent["url_file"] && !o.silent["http"]:
			d.fail(o.node, definitions.CodeMissingKey, o.path+" does not say how to reach it", "add url_file: FILE with a shoutrrr URL, or http: {url_file: FILE}")
		}
		receivers = append(receivers, r)
	}
	return receivers
}
