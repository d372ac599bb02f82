package sqlite

import (
	"errors"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite opens a write-ahead log to read and write, and makes it where there is
// none, also for a database that is opened with mode=ro: another program may need
// what it leaves behind, and may not be allowed to write to it. What is beside a
// database changes between any look at it and SQLite's, so that no look can prevent
// this. Its way to the operating system can: databases are opened through a VFS
// (sqlite.org/vfs.html) of its own, the default one but for two functions.

// readOnlyName is what the VFS is called in SQLite's list.
const readOnlyName = "evalctl-readonly"

// readOnly is the VFS, in SQLite's memory: the default one with other functions for
// opening and deleting, and behind it the function that opens.
type readOnly struct {
	sqlite3.Tsqlite3_vfs
	open uintptr
}

// opening is the type of SQLite's function xOpen.
type opening = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, flagsOut uintptr) int32

// registerReadOnly makes the VFS known to SQLite, if it is not. What others open in
// this process still goes through the default one.
func registerReadOnly() error {
	tls := libc.NewTLS()
	defer tls.Close()
	name, err := libc.CString(readOnlyName)
	if err != nil {
		return err
	}
	if sqlite3.Xsqlite3_vfs_find(tls, name) != 0 {
		libc.Xfree(tls, name)
		return nil
	}
	usual := sqlite3.Xsqlite3_vfs_find(tls, 0)
	if usual == 0 {
		return errors.New("SQLite has no way to files on this system")
	}
	made := sqlite3.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(readOnly{})))
	if made == 0 {
		return errors.New("out of memory")
	}
	open, remove := openToRead, removeNothing
	vfs := vfsAt(made)
	vfs.Tsqlite3_vfs = vfsAt(usual).Tsqlite3_vfs
	vfs.open = vfs.FxOpen
	vfs.FpNext, vfs.FzName = 0, name
	vfs.FxOpen, vfs.FxDelete = *(*uintptr)(unsafe.Pointer(&open)), *(*uintptr)(unsafe.Pointer(&remove))
	// Two at once make two, of which one is found: nothing is lost but 200 bytes.
	if sqlite3.Xsqlite3_vfs_register(tls, made, 0) != sqlite3.SQLITE_OK {
		return errors.New("SQLite takes no other way to files")
	}
	return nil
}

// vfsAt is what lies at an address that SQLite gave.
func vfsAt(address uintptr) *readOnly { return *(**readOnly)(unsafe.Pointer(&address)) }

// openToRead opens a file to read whatever it was to be opened for; one that is not
// there is an error (SQLITE_CANTOPEN). Files without a name are SQLite's own.
func openToRead(tls *libc.TLS, vfs, name, file uintptr, flags int32, flagsOut uintptr) int32 {
	if name != 0 {
		const write = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE | sqlite3.SQLITE_OPEN_EXCLUSIVE | sqlite3.SQLITE_OPEN_DELETEONCLOSE
		flags = flags&^write | sqlite3.SQLITE_OPEN_READONLY
	}
	open := struct{ uintptr }{vfsAt(vfs).open}
	return (*(*opening)(unsafe.Pointer(&open)))(tls, vfs, name, file, flags, flagsOut)
}

// removeNothing deletes no log and no journal.
func removeNothing(_ *libc.TLS, _, _ uintptr, _ int32) int32 { return sqlite3.SQLITE_IOERR_DELETE }
