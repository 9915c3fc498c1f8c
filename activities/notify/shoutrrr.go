package notify

import (
	"context"
	"fmt"
	"reflect"

	"github.com/nicholas-fedor/shoutrrr/pkg/format"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/specialized/generic"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"redress/activities"
	"redress/internal/contract"
)

// byShoutrrr sends a message through the service that the URL names. The library takes
// no context: a delivery that hangs is left behind, and may yet arrive.
func (n *Notifier) byShoutrrr(ctx context.Context, raw string, _ contract.Tell, told contract.Told) error {
	services, err := router.New(nil)
	if err != nil {
		return fmt.Errorf("prepare shoutrrr: %w", err)
	}
	service, err := services.Locate(raw)
	if err != nil {
		return activities.Permanent(fmt.Errorf("its shoutrrr URL is wrong: %w; see shoutrrr's documentation of the service", err))
	}
	message, params := told.Message, types.Params{}
	if takesTitle(service) {
		params.SetTitle(told.Title)
	} else {
		message = told.Title + "\n\n" + message
	}
	sent := make(chan error, 1)
	go func() { sent <- service.Send(message, &params) }()
	select {
	case err := <-sent:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// takesTitle reports whether a service shows a title beside the message. To the others
// it is the message's first line. Nothing in the library's interface tells; the
// services' configurations do, by a property of that name.
func takesTitle(s types.Service) bool {
	if g, ok := s.(*generic.Service); ok {
		return g.Config.Template != "" // it sends a document, not the bare message
	}
	v := reflect.Indirect(reflect.ValueOf(s))
	if v.Kind() != reflect.Struct {
		return false
	}
	field := v.FieldByName("Config")
	if !field.IsValid() || field.Kind() != reflect.Pointer || field.IsNil() {
		return false
	}
	config, ok := field.Interface().(types.ServiceConfig)
	if !ok {
		return false
	}
	properties := format.NewPropKeyResolver(config)
	_, err := properties.Get(types.TitleKey)
	return err == nil
}
