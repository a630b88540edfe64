#!/bin/bash
# Heat maps of a folder by an array of Slurm jobs, one shard of the images each, and one job that merges.
#
#   sbatch docs/jobs/slurm-array.sh
#
#SBATCH --job-name=xai-cam
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --output=%x-%a.txt
# For a GPU each: #SBATCH --gpus-per-task=1

set -eu
MODEL=${MODEL:-model.keras} PHOTOS=${PHOTOS:-photos} OUT=${OUT:-maps}
N=$SLURM_ARRAY_TASK_COUNT

# A job that is sent off again, or a second one after a failure, does only what is left.
code=0
xai-cam explain -m "$MODEL" -r "$PHOTOS" -o "$OUT" --shard "$SLURM_ARRAY_TASK_ID/$N" \
    --results "rows-$SLURM_ARRAY_TASK_ID.csv" || code=$?
if [ "$code" -gt 1 ]; then exit "$code"; fi  # 1: some image failed, and has its row

# The last job to end merges: for the others a shard is missing or not finished, and nothing is written.
xai-cam merge 'rows-*.csv' -o rows.csv || echo "Not all shards are there yet."
