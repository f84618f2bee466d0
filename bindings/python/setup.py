"""The library is of one platform and of no particular Python: ctypes loads it. setuptools has no word for that beside this."""
from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel


class OfOnePlatform(Distribution):
    def has_ext_modules(self):
        return True


class AnyPython(bdist_wheel):
    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


setup(distclass=OfOnePlatform, cmdclass={"bdist_wheel": AnyPython})
