"""What the servers are made of: the files of Maven Central that make up each of them.

Maven Central has the zips that the makers' own integration tests run on: real servers, with fewer modules than the ones
for download. The modules of Elasticsearch 6 and 7 are there as single jars (of org.codelibs, or as the `-client` jars), and
are laid out as modules here.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.servers.maven import Artifact

PAINLESS = "lang-painless"

# What modules of the makers are granted by their own policy files, which the single jars lack.
LOADS_CLASSES = ('java.lang.RuntimePermission "createClassLoader"', 'java.lang.RuntimePermission "getClassLoader"')
REFLECTS = ('java.lang.RuntimePermission "accessDeclaredMembers"',)
CONNECTS = ('java.net.SocketPermission "*", "connect"', 'java.net.NetPermission "getProxySelector"')


@dataclass(frozen=True)
class Module:
    """A module that is laid out from jars. `plugin` is the simple name of its class, which is in the first jar."""

    name: str
    plugin: str
    jars: tuple[Artifact, ...]
    extends: str = ""
    granted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """One server. `without` are files (patterns) that are left out; `root` is the Java release to compile its `GET /` for."""

    name: str
    version: str
    zip: Artifact
    modules: tuple[Module, ...] = ()
    plugin: tuple[str, Artifact] | None = None
    without: tuple[str, ...] = ()
    root: int = 0

    @property
    def artifacts(self) -> list[Artifact]:
        """All that it is made of."""
        jars = [jar for module in self.modules for jar in module.jars]
        return [self.zip, *jars, *([self.plugin[1]] if self.plugin else []), *([COMPILER] if self.root else [])]


COMPILER = Artifact("org.eclipse.jdt", "ecj", "3.42.0")


def _elasticsearch(version: str) -> Artifact:
    return Artifact("org.elasticsearch.distribution.integ-test-zip", "elasticsearch", version, "zip")


def _opensearch(version: str) -> Artifact:
    return Artifact("org.opensearch.distribution.integ-test-zip", "opensearch", version, "zip")


def _jars(group: str, **versions: str) -> tuple[Artifact, ...]:
    return tuple(Artifact(group, name.replace("_", "-"), version) for name, version in versions.items())


def _http(client: str, core: str, nio: str, asynchronous: str, codec: str, logging: str) -> tuple[Artifact, ...]:
    """Apache's HTTP client, with which _reindex asks other clusters."""
    return (
        *_jars("org.apache.httpcomponents", httpclient=client, httpcore=core, httpcore_nio=nio, httpasyncclient=asynchronous),
        Artifact("commons-codec", "commons-codec", codec),
        Artifact("commons-logging", "commons-logging", logging),
    )


def _codelibs(
    version: str,
    *,
    http: tuple[Artifact, ...],
    antlr: str,
    asm: tuple[Artifact, ...],
    mustache: str,
    jcodings: str,
    joni: str,
    ssl: tuple[Artifact, ...] = (),
) -> tuple[Module, ...]:
    """The modules of Elasticsearch 6 and 7 as org.codelibs publishes them."""

    def jar(name: str, kind: str = "module") -> Artifact:
        return Artifact(f"org.codelibs.elasticsearch.{kind}", name, version)

    def module(name: str, plugin: str, *more: Artifact, extends: str = "", granted: tuple[str, ...] = ()) -> Module:
        return Module(name, plugin, (jar(name), *more), extends, granted)

    client = Artifact("org.elasticsearch.client", "elasticsearch-rest-client", version)
    parsers = Artifact("org.jruby.jcodings", "jcodings", jcodings), Artifact("org.jruby.joni", "joni", joni)
    templates = Artifact("com.github.spullara.mustache.java", "compiler", mustache)
    grammar = Artifact("org.antlr", "antlr4-runtime", antlr)
    return (
        module("aggs-matrix-stats", "MatrixAggregationPlugin"),
        module("analysis-common", "CommonAnalysisPlugin", extends=PAINLESS),
        module("ingest-common", "IngestCommonPlugin", jar("dissect", "lib"), jar("grok", "lib"), *parsers, extends=PAINLESS),
        module("lang-mustache", "MustachePlugin", templates, granted=REFLECTS),
        module(PAINLESS, "PainlessPlugin", jar("scripting-painless-spi"), grammar, *asm, granted=LOADS_CLASSES),
        module("mapper-extras", "MapperExtrasPlugin"),
        module("parent-join", "ParentJoinPlugin"),
        module("percolator", "PercolatorPlugin"),
        module("reindex", "ReindexPlugin", client, *http, *ssl, granted=CONNECTS),
    )


_MODULES_654 = _codelibs(
    "6.5.4",
    http=_http(client="4.5.2", core="4.4.5", nio="4.4.5", asynchronous="4.1.2", codec="1.10", logging="1.1.3"),
    antlr="4.5.1-1",
    asm=_jars("org.ow2.asm", asm_debug_all="5.1"),
    mustache="0.9.3",
    jcodings="1.0.12",
    joni="2.1.6",
)

_MODULES_7102 = _codelibs(
    "7.10.2",
    http=_http(client="4.5.10", core="4.4.12", nio="4.4.12", asynchronous="4.1.4", codec="1.11", logging="1.1.3"),
    antlr="4.5.1-1",
    asm=_jars("org.ow2.asm", asm="7.2", asm_tree="7.2", asm_commons="7.2", asm_util="7.2", asm_analysis="7.2"),
    mustache="0.9.6",
    jcodings="1.0.44",
    joni="2.1.29",
    ssl=(Artifact("org.codelibs.elasticsearch.lib", "ssl-config", "7.10.2"),),
)

_CLIENTS_71729 = _jars(
    "org.elasticsearch.plugin",
    mapper_extras_client="7.17.29",
    parent_join_client="7.17.29",
    reindex_client="7.17.29",
    lang_mustache_client="7.17.29",
)
_MODULES_71729 = (
    Module("mapper-extras", "MapperExtrasPlugin", _CLIENTS_71729[:1]),
    Module("parent-join", "ParentJoinPlugin", _CLIENTS_71729[1:2]),
    Module(
        "reindex",
        "ReindexPlugin",
        (
            _CLIENTS_71729[2],
            Artifact("org.elasticsearch.client", "elasticsearch-rest-client", "7.17.29"),
            Artifact("org.elasticsearch", "elasticsearch-ssl-config", "7.17.29"),
            *_http(client="4.5.14", core="4.4.12", nio="4.4.12", asynchronous="4.1.4", codec="1.15", logging="1.1.3"),
        ),
        granted=CONNECTS,
    ),
    Module(
        "lang-mustache",
        "MustachePlugin",
        (_CLIENTS_71729[3], Artifact("com.github.spullara.mustache.java", "compiler", "0.9.6")),
        granted=REFLECTS,
    ),
)

_MODULES_2194 = (
    Module(
        PAINLESS,
        "PainlessPlugin",
        (
            *_jars("org.opensearch.plugin", lang_painless="2.19.4", opensearch_scripting_painless_spi="2.19.4"),
            Artifact("org.antlr", "antlr4-runtime", "4.13.1"),
            *_jars("org.ow2.asm", asm="9.7", asm_tree="9.7", asm_commons="9.7", asm_util="9.7", asm_analysis="9.7"),
        ),
        granted=LOADS_CLASSES,
    ),
    Module("analysis-common", "CommonAnalysisPlugin", _jars("org.opensearch.plugin", analysis_common="2.19.4"), PAINLESS),
    Module(
        "reindex",
        "ReindexPlugin",
        (
            *_jars("org.opensearch.plugin", reindex_client="2.19.4"),
            Artifact("org.opensearch.client", "opensearch-rest-client", "2.19.4"),
            Artifact("org.opensearch", "opensearch-ssl-config", "2.19.4"),
            *_http(client="4.5.14", core="4.4.16", nio="4.4.16", asynchronous="4.1.5", codec="1.18.0", logging="1.2"),
        ),
        granted=CONNECTS,
    ),
)

_SEARCH_GUARD = "search-guard-6", Artifact("com.floragunn", "search-guard-6", "6.5.4-24.0", "zip")
_SECURITY = "opensearch-security", Artifact("org.opensearch.plugin", "opensearch-security", "2.19.4.0", "zip")
_WHOLE_6823 = Artifact("org.elasticsearch.distribution.zip", "elasticsearch", "6.8.23", "zip")

_ALL = (
    Recipe("elasticsearch-6.5.4", "6.5.4", _elasticsearch("6.5.4"), _MODULES_654),
    Recipe(
        "elasticsearch-6.5.4-searchguard",
        "6.5.4",
        _elasticsearch("6.5.4"),
        _MODULES_654,
        plugin=_SEARCH_GUARD,
        without=("plugins/search-guard-6/dlic-search-guard-enterprise-modules-*",),
    ),
    # Machine learning is two thirds of this one, and native code.
    Recipe("elasticsearch-6.8.23", "6.8.23", _WHOLE_6823, without=("modules/x-pack-ml", "modules/ingest-geoip")),
    Recipe("elasticsearch-7.10.2", "7.10.2", _elasticsearch("7.10.2"), _MODULES_7102),
    Recipe("elasticsearch-7.17.29", "7.17.29", _elasticsearch("7.17.29"), _MODULES_71729),
    Recipe("elasticsearch-8.19.21", "8.19.21", _elasticsearch("8.19.21"), without=("modules/apm",), root=17),
    Recipe("elasticsearch-9.5.3", "9.5.3", _elasticsearch("9.5.3"), without=("modules/apm",), root=21),
    Recipe("opensearch-2.19.4-security", "2.19.4", _opensearch("2.19.4"), _MODULES_2194, plugin=_SECURITY),
    # Its analyzers include the Thai one, and with that it makes no index on a runtime that does not know Thai: none out of a
    # package does. The zips of Elasticsearch 8 and 9 have none of these analyzers, either.
    Recipe(
        "opensearch-3.6.0",
        "3.6.0",
        _opensearch("3.6.0"),
        without=("modules/analysis-common", "modules/ingest-geoip", "modules/transport-grpc"),
    ),
)

RECIPES = {recipe.name: recipe for recipe in _ALL}
