/** Whether, and how, a job can go on from what another one has left. Reads; decides nothing about the job. */
@NullMarked
package io.selvage.checkpoint.restore;

import org.jspecify.annotations.NullMarked;
