"""`tmfrig load`: load on a target."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tmfrig.conformance.cli.options import (
    ApiName,
    ApiVersion,
    Authority,
    BaseUrl,
    CallbackHost,
    CallbackPort,
    ClientCert,
    ClientKey,
    DataPath,
    Headers,
    Seed,
    TargetOptions,
    TargetPath,
    WaiversPath,
)
from tmfrig.conformance.cli.outputs import Files, HtmlFile, JsonFile, JunitFile
from tmfrig.conformance.failure import CommandError

if TYPE_CHECKING:
    from tmfrig.conformance.target import TargetFile


def load(
    target_file: TargetPath = None,
    api: ApiName = None,
    version: ApiVersion = None,
    url: BaseUrl = None,
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            metavar="NAME|FILE",
            help="smoke, baseline, stress (finds the knee), spike, soak, or a file of yours.",
        ),
    ] = "smoke",
    users: Annotated[
        int | None, typer.Option("--users", min=1, help="So many users; with a rate, at most so many.")
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option("--rate", min=0.001, help="Requests per second; in stress, the highest that is tried."),
    ] = None,
    run_time: Annotated[
        str | None, typer.Option("--run-time", metavar="TIME", help="So long, such as 5s, 2m or 1h30m.")
    ] = None,
    slo: Annotated[
        Path | None,
        typer.Option("--slo", metavar="FILE", help="Service levels, in place of those of the profile."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=256, help="So many processes make the load between them."),
    ] = None,
    master: Annotated[
        bool, typer.Option("--master", help="Wait for so many --workers to join from other machines.")
    ] = False,
    master_port: Annotated[
        int | None, typer.Option("--master-port", min=1, max=65535, help="Where they join (5557).")
    ] = None,
    worker: Annotated[
        str | None,
        typer.Option("--worker", metavar="HOST[:PORT]", help="Be a worker of the master there."),
    ] = None,
    i_own_this_target: Annotated[
        bool,
        typer.Option("--i-own-this-target", help="A load may be put on it, although it is not this machine."),
    ] = False,
    header: Headers = None,
    client_cert: ClientCert = None,
    client_key: ClientKey = None,
    ca: Authority = None,
    callback_host: CallbackHost = None,
    callback_port: CallbackPort = None,
    data: DataPath = None,
    waivers: WaiversPath = None,
    seed: Seed = 1,
    json_file: JsonFile = None,
    junit: JunitFile = None,
    html: HtmlFile = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of profiles (slo: service levels).")
    ] = False,
) -> int:
    """Put load on a target, check its answers, and say whether the service levels hold.

    Without a target, reference servers with a COM are started for the run. Systems that are not on this
    machine are loaded only with --i-own-this-target. Exit code: 0 everything holds, 1 it does not, 2 the
    command or a file is wrong, 3 the target cannot be reached or stopped answering, 130 Ctrl-C.

    Example: tmfrig load --profile stress --api TMF620 --url http://127.0.0.1:8620/tmf-api/productCatalogManagement/v4

    Example: tmfrig load acme.yaml --profile baseline --rate 50 --run-time 10m --html load.html
    """
    from tmfrig.conformance.cli.casting import Cast
    from tmfrig.conformance.cli.loading import be_worker, play_load
    from tmfrig.conformance.cli.playing import named_target, waivers_of
    from tmfrig.conformance.cli.programs import program_output

    if schema:
        print(json.dumps(json.loads(program_output("loadtests", ["--schema"])), indent=1))
        return 0
    files = Files(json_file, junit, html)
    files.check()
    files.spare([target_file, data, slo, waivers, Path(profile)])
    options = TargetOptions(
        file=target_file,
        api=api,
        version=version,
        url=url,
        headers=header or [],
        client_cert=client_cert,
        client_key=client_key,
        ca=ca,
        callback_host=callback_host,
        callback_port=callback_port,
        data=data,
        waivers=waivers,
    )
    crew = Crew(workers, master, master_port, worker)
    changes = {"--users": users, "--rate": rate, "--run-time": run_time, "--slo": slo}
    results = {"--json": json_file, "--junit": junit, "--html": html}
    crew.check(options.named, [name for name, value in {**changes, **results}.items() if value is not None])
    arguments = ["--profile", profile, *crew.arguments]
    for name, value in changes.items():
        arguments += [name, str(value)] if value is not None else []
    if not options.named:
        _refuse(options.about_a_target)
        cast = Cast.chosen((), version, (), (callback_host, callback_port))
        return play_load(cast.targets, arguments, seed, files)
    target = _permitted(options.target(), i_own_this_target)
    if worker is not None:
        return be_worker(target, worker)
    files.spare([target.data, target.waivers])
    return play_load(named_target(target), arguments, seed, files, waivers_of(target))


@dataclass(frozen=True)
class Crew:
    """Who makes the load, as the command line says it."""

    workers: int | None
    master: bool
    master_port: int | None
    worker: str | None

    def check(self, target_named: bool, about_the_run: Sequence[str]) -> None:
        """CommandError where that makes no sense; `about_the_run` are options that a worker cannot follow."""
        if self.worker is not None and (self.master or self.workers or self.master_port):
            raise CommandError(
                "--worker joins a master; --master, --workers and --master-port are for that one"
            )
        if self.worker is not None and not _is_address(self.worker):
            raise CommandError(f"--worker {self.worker!r} is no address; write it as HOST or HOST:5557")
        if self.worker is not None and about_the_run:
            raise CommandError(
                f"a worker does what its master says, and the master has the result: give "
                f"{' and '.join(about_the_run)} to that one"
            )
        if self.master_port is not None and not self.master:
            raise CommandError("--master-port is for --master")
        if (self.master or self.worker is not None) and not target_named:
            raise CommandError(
                "several machines need a target that all reach; give a target file, or --api and --url"
            )

    @property
    def arguments(self) -> list[str]:
        """The same for the program that makes the load."""
        arguments = ["--workers", str(self.workers)] if self.workers is not None else []
        arguments += ["--master"] if self.master else []
        return arguments + (["--master-port", str(self.master_port)] if self.master_port is not None else [])


def _is_address(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        return False
    return not colon or (bool(host) and port.isascii() and port.isdigit() and 0 < int(port) < 65536)


def _refuse(about_a_target: Sequence[str]) -> None:
    """CommandError where options speak of a target that nobody has named: they would do nothing."""
    if about_a_target:
        raise CommandError(
            f"{' and '.join(about_a_target)}: there is no target that this could be about; "
            "give a target file, or --api and --url"
        )


def _permitted(target: TargetFile, owned: bool) -> TargetFile:
    """The target, with the user's word that it is theirs."""
    if not owned:
        return target
    return target.model_copy(update={"load": target.load.model_copy(update={"owned": True})})
