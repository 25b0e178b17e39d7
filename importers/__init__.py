"""
Pipesheet's library: moves records from a source into a sheet, with no web
server and no queue in sight.

bootstrap     picks the implementations; `build(settings)` gives `Services`
services      what the pages, the worker and the command line may ask for
engine        one run, from start to finish
sources       what can be read;  destinations: what can be written
store         everything that is kept
tables        shaping, without I/O;  http: manners towards other people's servers
interfaces    the bargains between all of these;  model: the values they speak in
"""
