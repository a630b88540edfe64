#!/bin/bash
# One table of those that the jobs of slurm-array.sh wrote; a shard that is missing or not finished fails the job.
#
#SBATCH --job-name=xai-cam-merge
#SBATCH --mem=2G
#SBATCH --time=00:30:00
#SBATCH --output=%x-%j.txt

set -eu
exec xai-cam merge "rows-$RUN-*.csv" -o "rows-$RUN.csv"
