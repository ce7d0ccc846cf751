/** What stands in for the master's loop in tests; not the loop's own tests, which run it with its core. */
package io.selvage.master.loop;
