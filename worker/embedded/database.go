//go:build !lean

package embedded

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	schema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// sqlConfig describes the connection to the SQLite file.
func sqlConfig(path string) *config.SQL {
	return &config.SQL{
		PluginName: sqlite.PluginName,
		// The plugin puts it into a URI as it is.
		DatabaseName: (&url.URL{Path: path}).EscapedPath(),
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "wal",
			// FULL. With NORMAL, a power cut takes back notifications that we
			// have already acknowledged.
			"synchronous": "2",
			// Somebody who looks into the file with a tool must not fail our writes.
			"busy_timeout": "10000",
		},
		// More connections get "database is locked" from each other, and are slower.
		MaxConns:     1,
		MaxIdleConns: 1,
	}
}

// database is what has to be done to the file while no server runs on it.
//
// The server's SQLite plugin keeps its connection for the life of the process;
// that is why nothing here, and no Close, ever really closes the file.
type database struct{ config *config.SQL }

// prepare makes the schema in a fresh file, and the namespace as the options
// say it in any file.
func (db *database) prepare(ctx context.Context, st *storage, o Options) error {
	if st.fresh {
		if err := schema.SetupSchema(db.config); err != nil {
			return fmt.Errorf("make the database %s: %w", st.database, err)
		}
		if err := st.stamp(); err != nil {
			return err
		}
	}
	ns, err := schema.NewNamespaceConfig(clusterName, o.Namespace, false, nil)
	if err != nil {
		return fmt.Errorf("describe the namespace %s: %w", o.Namespace, err)
	}
	if err := schema.CreateNamespaces(db.config, ns); err != nil {
		return fmt.Errorf("make the namespace %s in %s: %w", o.Namespace, st.database, err)
	}
	return db.updateNamespace(ctx, o)
}

// updateNamespace sets retention and search attributes. It writes to the
// database and not to the running server, because that takes some seconds until
// all of its services know a new attribute.
func (db *database) updateNamespace(ctx context.Context, o Options) error {
	serializer := serialization.NewSerializer()
	factory := sql.NewFactory(*db.config, resolver.NewNoopResolver(), clusterName,
		log.NewNoopLogger(), metrics.NoopMetricsHandler, serializer)
	defer factory.Close()
	store, err := factory.NewMetadataStore()
	if err != nil {
		return fmt.Errorf("open the namespaces: %w", err)
	}
	namespaces := persistence.NewMetadataManagerImpl(store, serializer, log.NewNoopLogger(), clusterName)

	current, err := namespaces.GetNamespace(ctx, &persistence.GetNamespaceRequest{Name: o.Namespace})
	if err != nil {
		return fmt.Errorf("read the namespace %s: %w", o.Namespace, err)
	}
	metadata, err := namespaces.GetMetadata(ctx)
	if err != nil {
		return fmt.Errorf("read the state of the namespaces: %w", err)
	}
	settings := current.Namespace.Config
	fields, err := assignFields(settings.CustomSearchAttributeAliases, o.SearchAttributes)
	if err != nil {
		return fmt.Errorf("register the search attributes of the namespace %s: %w", o.Namespace, err)
	}
	if settings.Retention.AsDuration() == o.Retention && maps.Equal(settings.CustomSearchAttributeAliases, fields) {
		return nil
	}
	settings.Retention = durationpb.New(o.Retention)
	settings.CustomSearchAttributeAliases = fields
	current.Namespace.ConfigVersion++
	if err := namespaces.UpdateNamespace(ctx, &persistence.UpdateNamespaceRequest{
		Namespace:           current.Namespace,
		IsGlobalNamespace:   current.IsGlobalNamespace,
		NotificationVersion: metadata.NotificationVersion,
	}); err != nil {
		return fmt.Errorf("update the namespace %s: %w", o.Namespace, err)
	}
	return nil
}

// assignFields gives every wanted attribute a column of its type: the
// visibility schema has a fixed number of columns for each, called Keyword01
// and so on, and the namespace maps them to names. Those in use keep theirs.
func assignFields(used map[string]string, wanted map[string]enumspb.IndexedValueType) (map[string]string, error) {
	columns := sadefs.GetDBIndexSearchAttributes(nil).CustomSearchAttributes
	fields := make(map[string]string, len(used)+len(wanted))
	have := make(map[string]enumspb.IndexedValueType, len(used))
	for column, name := range used {
		fields[column] = name
		have[name] = columns[column]
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		kind := wanted[name]
		if sadefs.IsReserved(name) {
			return nil, fmt.Errorf("%s is a name of Temporal's own", name)
		}
		if old, ok := have[name]; ok {
			if old != kind {
				return nil, fmt.Errorf("%s is registered as %s and cannot become %s", name, old, kind)
			}
			continue
		}
		free := slices.DeleteFunc(slices.Sorted(maps.Keys(columns)), func(column string) bool {
			return columns[column] != kind || fields[column] != ""
		})
		if len(free) == 0 {
			return nil, fmt.Errorf("no free column of type %s is left for %s", kind, name)
		}
		fields[free[0]] = name
	}
	return fields, nil
}

// checkpoint moves the write-ahead log into the file, so that a copy of the
// file alone is a good backup after Close.
func (db *database) checkpoint() error {
	admin, err := sql.NewSQLAdminDB(sqlplugin.DbKindUnknown, db.config, resolver.NewNoopResolver(),
		log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer admin.Close()
	if err := admin.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return fmt.Errorf("write the log of the database into its file: %w", err)
	}
	return nil
}
