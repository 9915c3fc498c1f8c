package config

import (
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"
	"gopkg.in/yaml.v3"

	"redress/definitions"
)

// sentinel reads how a target's Sentinels are reached.
func (d *decoder) sentinel(target *object, where *overlaps) *Sentinel {
	o, ok := target.child("sentinel")
	if !ok {
		return nil
	}
	o.require("master")
	o.require("addresses")
	s := new(Sentinel)
	if it, ok := o.text("master"); ok {
		s.Master = it.text
		if strings.ContainsAny(it.text, " \t\r\n") {
			d.fail(it.node, definitions.CodeBadName, it.path+" has blanks in it", "write it as in sentinel.conf, such as mymaster")
		}
	}
	for _, it := range o.texts("addresses") {
		d.address(it)
		if slices.Contains(s.Addresses, it.text) {
			d.fail(it.node, definitions.CodeBadValue, it.path+" was named before", "name each Sentinel once")
		}
		s.Addresses = append(s.Addresses, it.text)
		where.claim(d, "the same Sentinel of the same master", it.text+" "+s.Master, it)
	}
	if n, ok := o.get("addresses"); ok && n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		d.fail(n, definitions.CodeEmptyValue, o.at("addresses")+" is empty", "name all Sentinels of the master")
	}
	c := d.user(o)
	s.Username, s.Password = c.Username, c.Password
	return s
}

// redis reads how a target's servers are reached.
func (d *decoder) redis(o *object, where *overlaps) Redis {
	var r Redis
	if o == nil {
		return r
	}
	if it, ok := o.text("address"); ok {
		d.address(it)
		r.Address = it.text
		where.claim(d, "the same server", it.text, it)
	}
	r.Read, r.Change = d.credentials(o, "read"), d.credentials(o, "change")
	if r.Change.Set && o.keys["read"] == nil && !o.silent["read"] {
		d.fail(o.keys["change"], definitions.CodeMissingKey, o.path+" has the user that acts and not the one that looks", "add read: {username: …, password_file: …}")
	}
	if n, ok := o.get("tls"); ok {
		tls := new(promconfig.TLSConfig)
		if d.prometheus(n, o.at("tls"), tls) {
			tls.SetDirectory(d.dir)
		}
		r.TLS = tls
	}
	return r
}

// credentials reads a user of Redis.
func (d *decoder) credentials(redis *object, key string) Credentials {
	o, ok := redis.child(key)
	if !ok {
		return Credentials{}
	}
	o.require("password_file")
	return d.user(o)
}

// user reads username and password_file, of which the second is needed for the first.
func (d *decoder) user(o *object) Credentials {
	c := Credentials{Set: true, Username: o.textOr("username", ""), Password: o.secret("password_file")}
	if c.Username != "" {
		o.require("password_file")
	}
	return c
}
