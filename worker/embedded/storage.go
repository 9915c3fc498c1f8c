//go:build !lean

package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// storage is the folder with the database. On disk:
//
//	lock                                        held while a server runs; names its process
//	temporal/temporal.db                        the database, with its -wal and -shm
//	temporal/version                            the server version that wrote it
//	temporal-<version>-<time>/temporal.db       one that was set aside
type storage struct {
	database string // path of the SQLite file
	version  string // of the server, stamped beside the file
	fresh    bool   // the file is to be made
	setAside string

	temporary string // folder to remove in the end
	lock      *os.File
}

// openStorage locks the folder and decides which file to use. A database
// without a stamp counts as one of another version: the stamp is written last,
// so its making was interrupted or it is none of ours.
func openStorage(folder, version string) (_ *storage, err error) {
	st := &storage{version: version}
	defer func() {
		if err != nil {
			err = errors.Join(err, st.close())
		}
	}()
	if folder == "" {
		if folder, err = os.MkdirTemp("", "redress-temporal-"); err != nil {
			return nil, fmt.Errorf("make a temporary folder for the embedded Temporal server: %w", err)
		}
		st.temporary = folder
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return nil, fmt.Errorf("find the storage path: %w", err)
	}
	current := filepath.Join(folder, "temporal")
	if err = os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the storage path (choose another with --storage.path): %w", err)
	}
	if st.lock, err = lockFolder(folder); err != nil {
		return nil, err
	}
	st.database = filepath.Join(current, "temporal.db")
	stamped, err := readStamp(current)
	if err != nil {
		return nil, err
	}
	_, err = os.Stat(st.database)
	switch {
	case errors.Is(err, os.ErrNotExist):
		st.fresh = true
	case err != nil:
		return nil, fmt.Errorf("look at the database: %w", err)
	case stamped != version:
		if stamped == "" {
			stamped = "unknown"
		}
		// The folder is renamed, not the files: a database must never meet
		// the write-ahead log of another one.
		aside := filepath.Join(folder, "temporal-"+stamped+"-"+time.Now().UTC().Format("20060102T150405.000Z"))
		if err = os.Rename(current, aside); err != nil {
			return nil, fmt.Errorf("set the database of Temporal %s aside: %w", stamped, err)
		}
		st.setAside = filepath.Join(aside, filepath.Base(st.database))
		st.fresh = true
	}
	if err = os.MkdirAll(current, 0o700); err != nil {
		return nil, fmt.Errorf("make the database folder: %w", err)
	}
	return st, nil
}

// close may be called on a storage that was opened half-way.
func (st *storage) close() error {
	var errs []error
	if st.lock != nil {
		errs = append(errs, st.lock.Close()) // releases the lock
	}
	if st.temporary != "" {
		errs = append(errs, os.RemoveAll(st.temporary))
	}
	return errors.Join(errs...)
}

// lockFolder refuses a second server on the same folder, in this process or
// another one: two servers on one file would each think that they own its
// workflows. The kernel drops the lock when the process ends, however it ends.
func lockFolder(folder string) (*os.File, error) {
	path := filepath.Join(folder, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the storage path: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner, _ := os.ReadFile(path) // only to name it in the message
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("the storage path %s is in use by process %s: stop that one, or choose another path with --storage.path",
				folder, bytes.TrimSpace(owner))
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	pid := strconv.Itoa(os.Getpid()) + "\n"
	if err := errors.Join(f.Truncate(0), writeAt(f, pid)); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return f, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// readStamp returns the version in the folder's stamp; empty when there is none.
func readStamp(folder string) (string, error) {
	stamp, err := os.ReadFile(filepath.Join(folder, "version"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the version of the database: %w", err)
	}
	return string(bytes.TrimSpace(stamp)), nil
}

// stamp marks the database as complete, written by this version.
func (st *storage) stamp() error {
	path := filepath.Join(filepath.Dir(st.database), "version")
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("stamp the database with its version: %w", err)
	}
	_, err = f.WriteString(st.version + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("stamp the database with its version: %w", err)
	}
	return nil
}
