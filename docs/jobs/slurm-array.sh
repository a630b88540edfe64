#!/bin/bash
# Heat maps of a folder by an array of Slurm jobs, one shard of the images each. slurm-merge.sh merges their rows:
#
#   JOB=$(sbatch --parsable docs/jobs/slurm-array.sh)
#   RUN=$JOB sbatch --dependency=afterany:$JOB docs/jobs/slurm-merge.sh
#
# Shards 3 and 7 again, which failed or ran out of time, into the same set of tables, and merged behind that; what
# is finished is not computed again:
#
#   AGAIN=$(RUN=$JOB sbatch --parsable --array=3,7 docs/jobs/slurm-array.sh)
#   RUN=$JOB sbatch --dependency=afterany:$AGAIN docs/jobs/slurm-merge.sh
#
#SBATCH --job-name=xai-cam
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --output=%x-%A-%a.txt
#SBATCH --open-mode=append
# For a GPU each: #SBATCH --gpus-per-task=1

set -eu
MODEL=${MODEL:-model.keras} PHOTOS=${PHOTOS:-photos} OUT=${OUT:-maps}
N=${N:-16}                         # how many shards there are: the array above counts to it
RUN=${RUN:-$SLURM_ARRAY_JOB_ID}    # tables of another day have other names

# It takes the place of this shell (exec): so the signal before the time is over (B:) reaches it, and its exit
# code is the job's.
exec xai-cam explain -m "$MODEL" -r "$PHOTOS" -o "$OUT" --shard "$SLURM_ARRAY_TASK_ID/$N" \
    --results "rows-$RUN-$SLURM_ARRAY_TASK_ID.csv"
