/**
 * Opening a session on YARN: what is checked, what is uploaded, what is asked of the ResourceManager. No command line
 * here.
 */
@NullMarked
package io.selvage.client.deploy;

import org.jspecify.annotations.NullMarked;
