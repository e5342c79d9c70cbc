from __future__ import annotations

from benchmarks.peers.job import Job


def test_a_job_survives_its_command_line(job: Job) -> None:
    assert Job.from_arguments(job.arguments()) == job
    assert job.group == "run-1"


def test_only_the_first_record_is_noted(job: Job) -> None:
    job.note_first_record()
    first = job.first_record_path.stat().st_mtime_ns
    job.note_first_record()
    assert job.first_record_path.stat().st_mtime_ns == first
